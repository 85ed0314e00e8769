# Calls every operation: the life of one session.
use strict;
use warnings;

sub walk {
    my ( $sessions, $id ) = @_;
    # With onlyNew the service stores the session only if there is none with the id. It
    # ends after two hours in any case.
    my %user = ( uid => 'dwho', roles => [ 'traveller', 'doctor' ], visits => Typed->new( int => 1 ) );
    my $attributes = Sessions::entries( \%user );
    my %login = ( id => $id, attributes => $attributes, ttl => 3600, lifetime => 7200, onlyNew => 1 );
    $sessions->call( setSession => %login );
    print "set\t$id\n";
    eval { $sessions->call( setSession => %login ) };
    print "exists\t$@->{fields}{id}\n" if $@->{name} eq 'SessionExistsFault';

    my $session = $sessions->call( getSession => id => $id );
    print "get\t", Sessions::hash( $session->{attributes} )->{uid}, "\n";

    # Change one attribute only if the session has not been modified since it was read.
    my %change = ( id => $id, set => Sessions::entries( { mood => 'good' } ), ifVersion => $session->{version} );
    $sessions->call( updateSession => %change );
    print "update\tok\n";
    eval { $sessions->call( updateSession => %change ) };
    print "conflict\t$@->{fields}{id}\n" if $@->{name} eq 'VersionConflictFault';

    my $touched = $sessions->call( touchSession => id => $id, ttl => 600 );
    print "touch\t$touched->{expiresIn}\n";

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    my $used = $sessions->call( getSession => id => $id, ttl => 900, typed => 1 );
    print "typed\t", Sessions::hash( $used->{attributes} )->{visits}->type, "\n";
    print "ttl\t$used->{expiresIn}\n";

    my $batch = $sessions->call( getSessions => ids => { id => [ $id, 'f' x 32 ] } );
    print "batch\t", scalar @{ $batch->{session} }, "\n";

    my $found = $sessions->call( findSessions => principal => 'dwho' );
    print "find\t", ( grep { $_ eq $id } @{ $found->{id} } ) ? 1 : 0, "\n";

    my $report = $sessions->call('stats');
    print "stats\t", @{ $report->{service}{stat} } ? 1 : 0, "\n";

    # A login gives the session another id, of the program or of the service.
    my $chosen = $sessions->call( renameSession => id => $id, newId => "${id}0" );
    print "rename\t$chosen->{id}\n";
    my $made = $sessions->call( renameSession => id => $chosen->{id} );
    print "renamed\t$made->{id}\n";

    # Delete it only if nobody has changed it.
    eval { $sessions->call( deleteSession => id => $made->{id}, ifVersion => $session->{version} ) };
    print "kept\t$@->{fields}{id}\n" if $@->{name} eq 'VersionConflictFault';
    my $deleted = $sessions->call( deleteSession => id => $made->{id}, ifVersion => $made->{version} );
    print "delete\t", $deleted ? 'true' : 'false', "\n";
    eval { $sessions->call( getSession => id => $id ) };
    print "notfound\t$@->{fields}{id}\n" if $@->{name} eq 'SessionNotFoundFault';

    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    my $new = $sessions->call( setSession => attributes => $attributes, ttl => 3600, lifetime => 120 );
    print "new\t$new->{id}\n";
    print "lifetime\t$new->{expiresIn}\n";
}

1;
