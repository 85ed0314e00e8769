# Calls every operation: the life of one session.
use strict;
use warnings;

sub walk {
    my ( $sessions, $id ) = @_;
    # With onlyNew the service stores the session only if there is none with the id. It
    # ends after two hours in any case.
    my %user = ( uid => 'dwho', roles => [ 'traveller', 'doctor' ], visits => Typed->new( int => 1 ) );
    my $attributes = Messages::entries( \%user );
    my %login = ( id => $id, attributes => $attributes, ttl => 3600, lifetime => 7200, onlyNew => 'true' );
    $sessions->call( setSession => %login );
    print "set\t$id\n";
    eval { $sessions->call( setSession => %login ) };
    my %fault = Messages::fault($@);
    print "exists\t$fault{SessionExistsFault}{id}\n";

    my $session = $sessions->call( getSession => id => $id );
    my %found   = map { $_->{key} => Sessions::value($_) } Sessions::list( $session->{attributes}, 'entry' );
    print "get\t$found{uid}\n";

    # Change one attribute only if the session has not been modified since it was read.
    my %change = ( id => $id, set => Messages::entries( { mood => 'good' } ), ifVersion => $session->{version} );
    $sessions->call( updateSession => %change );
    print "update\tok\n";
    eval { $sessions->call( updateSession => %change ) };
    %fault = Messages::fault($@);
    print "conflict\t$fault{VersionConflictFault}{id}\n";

    my $touched = $sessions->call( touchSession => id => $id, ttl => 600 );
    print "touch\t$touched->{expiresIn}\n";

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    my $used = $sessions->call( getSession => id => $id, ttl => 900, typed => 'true' );
    %found = map { $_->{key} => Sessions::value($_) } Sessions::list( $used->{attributes}, 'entry' );
    print "typed\t", $found{visits}->type, "\n";
    print "ttl\t$used->{expiresIn}\n";

    my $batch = $sessions->call( getSessions => ids => { id => [ $id, 'f' x 32 ] } );
    print "batch\t", scalar( my @sessions = Sessions::list( $batch, 'session' ) ), "\n";

    my $of_user = $sessions->call( findSessions => principal => 'dwho' );
    print "find\t", ( grep { $_ eq $id } Sessions::list( $of_user, 'id' ) ) ? 1 : 0, "\n";

    my $report = $sessions->call('stats');
    print "stats\t", Sessions::list( $report->{service}, 'stat' ) ? 1 : 0, "\n";

    # A login gives the session another id, of the program or of the service.
    my $chosen = $sessions->call( renameSession => id => $id, newId => "${id}0" );
    print "rename\t$chosen->{id}\n";
    my $made = $sessions->call( renameSession => id => $chosen->{id} );
    print "renamed\t$made->{id}\n";

    # Delete it only if nobody has changed it.
    eval { $sessions->call( deleteSession => id => $made->{id}, ifVersion => $session->{version} ) };
    %fault = Messages::fault($@);
    print "kept\t$fault{VersionConflictFault}{id}\n";
    print "delete\t", $sessions->call( deleteSession => id => $made->{id}, ifVersion => $made->{version} ), "\n";
    eval { $sessions->call( getSession => id => $id ) };
    %fault = Messages::fault($@);
    print "notfound\t$fault{SessionNotFoundFault}{id}\n";

    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    my $new = $sessions->call( setSession => attributes => $attributes, ttl => 3600, lifetime => 120 );
    print "new\t$new->{id}\n";
    print "lifetime\t$new->{expiresIn}\n";
}

1;
