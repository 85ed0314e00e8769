# Calls every operation: the life of one session.
use strict;
use warnings;

sub walk {
    my ( $sessions, $id ) = @_;
    # With onlyNew the service stores the session only if there is none with the id. It
    # ends after two hours in any case.
    my $attributes = { uid => 'dwho', roles => [ 'traveller', 'doctor' ], visits => Typed->new( int => 1 ) };
    my @login      = (
        Sessions::element( id         => $id ),
        Sessions::element( attributes => Sessions::entries($attributes) ),
        Sessions::element( ttl        => 3600 ),
        Sessions::element( lifetime   => 7200 ),
        Sessions::element( onlyNew    => 'true' ),
    );
    $sessions->call( 'setSession', @login );
    print "set\t$id\n";
    eval { $sessions->call( 'setSession', @login ) };
    my %fault = Sessions::fault($@);
    print "exists\t$fault{SessionExistsFault}{id}\n";

    my $session = $sessions->call( 'getSession', Sessions::element( id => $id ) );
    my %found   = map { $_->{key} => Sessions::value($_) } Sessions::list( $session->{attributes}, 'entry' );
    print "get\t$found{uid}\n";

    # Change one attribute only if the session has not been modified since it was read.
    my @change = (
        Sessions::element( id        => $id ),
        Sessions::element( set       => Sessions::entries( { mood => 'good' } ) ),
        Sessions::element( ifVersion => $session->{version} ),
    );
    $sessions->call( 'updateSession', @change );
    print "update\tok\n";
    eval { $sessions->call( 'updateSession', @change ) };
    %fault = Sessions::fault($@);
    print "conflict\t$fault{VersionConflictFault}{id}\n";

    my $touched = $sessions->call( 'touchSession', Sessions::element( id => $id ), Sessions::element( ttl => 600 ) );
    print "touch\t$touched->{expiresIn}\n";

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    my @use  = ( Sessions::element( id => $id ), Sessions::element( ttl => 900 ), Sessions::element( typed => 'true' ) );
    my $used = $sessions->call( 'getSession', @use );
    %found = map { $_->{key} => Sessions::value($_) } Sessions::list( $used->{attributes}, 'entry' );
    print "typed\t", $found{visits}->type, "\n";
    print "ttl\t$used->{expiresIn}\n";

    my @ids   = map { Sessions::element( id => $_ ) } $id, 'f' x 32;
    my $batch = $sessions->call( 'getSessions', Sessions::element( ids => @ids ) );
    print "batch\t", scalar( my @sessions = Sessions::list( $batch, 'session' ) ), "\n";

    my $of_user = $sessions->call( 'findSessions', Sessions::element( principal => 'dwho' ) );
    print "find\t", ( grep { $_ eq $id } Sessions::list( $of_user, 'id' ) ) ? 1 : 0, "\n";

    my $report = $sessions->call('stats');
    print "stats\t", Sessions::list( $report->{service}, 'stat' ) ? 1 : 0, "\n";

    # A login gives the session another id, of the program or of the service.
    my $chosen = $sessions->call( 'renameSession', Sessions::element( id => $id ), Sessions::element( newId => "${id}0" ) );
    print "rename\t$chosen->{id}\n";
    my $made = $sessions->call( 'renameSession', Sessions::element( id => $chosen->{id} ) );
    print "renamed\t$made->{id}\n";

    # Delete it only if nobody has changed it.
    my $delete = sub {
        my ($version) = @_;
        my @elements = ( Sessions::element( id => $made->{id} ), Sessions::element( ifVersion => $version ) );
        return $sessions->call( 'deleteSession', @elements );
    };
    eval { $delete->( $session->{version} ) };
    %fault = Sessions::fault($@);
    print "kept\t$fault{VersionConflictFault}{id}\n";
    print "delete\t", $delete->( $made->{version} ), "\n";
    eval { $sessions->call( 'getSession', Sessions::element( id => $id ) ) };
    %fault = Sessions::fault($@);
    print "notfound\t$fault{SessionNotFoundFault}{id}\n";

    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    my $new = $sessions->call(
        'setSession',
        Sessions::element( attributes => Sessions::entries($attributes) ),
        Sessions::element( ttl        => 3600 ),
        Sessions::element( lifetime   => 120 ),
    );
    print "new\t$new->{id}\n";
    print "lifetime\t$new->{expiresIn}\n";
}

1;
