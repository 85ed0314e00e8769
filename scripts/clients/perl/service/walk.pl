# Calls every operation: the life of one session. Operations with plain arguments
# use the WSDL, operations with lists use Sessions.pm.
use strict;
use warnings;

sub walk {
    my ( $service, $sessions, $id ) = @_;
    # With onlyNew the service stores the session only if there is none with the id. It
    # ends after two hours in any case.
    my %login = ( uid => 'dwho', roles => [ 'traveller', 'doctor' ], visits => Typed->new( int => 1 ) );
    my $attributes = Sessions::element( attributes => Sessions::entries( \%login ) );
    my @time = ( Sessions::element( ttl => 3600 ), Sessions::element( lifetime => 7200 ) );
    my @new  = ( Sessions::element( id => $id ), $attributes, @time, Sessions::element( onlyNew => 'true' ) );
    $sessions->call( 'setSession', @new );
    print "set\t$id\n";
    eval { $sessions->call( 'setSession', @new ) };
    my %fault = Sessions::fault($@);
    print "exists\t$fault{SessionExistsFault}{id}\n";

    my $session = $service->getSession($id);
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

    print "touch\t", $service->touchSession( $id, 600 )->{expiresIn}, "\n";

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    my $used = $service->getSession( $id, 900, 'true' );
    %found = map { $_->{key} => Sessions::value($_) } Sessions::list( $used->{attributes}, 'entry' );
    print "typed\t", $found{visits}->type, "\n";
    print "ttl\t$used->{expiresIn}\n";

    my @ids   = map { Sessions::element( id => $_ ) } $id, 'f' x 32;
    my $batch = $sessions->call( 'getSessions', Sessions::element( ids => @ids ) );
    print "batch\t", scalar( my @sessions = Sessions::list( $batch, 'session' ) ), "\n";

    print "find\t", ( grep { $_ eq $id } Sessions::list( $service->findSessions('dwho'), 'id' ) ) ? 1 : 0, "\n";
    print "stats\t", Sessions::list( $service->stats()->{service}, 'stat' ) ? 1 : 0, "\n";

    # A login gives the session another id, of the program or of the service.
    my $chosen = $service->renameSession( $id, "${id}0" );
    print "rename\t$chosen->{id}\n";
    my $made = $service->renameSession( $chosen->{id} );
    print "renamed\t$made->{id}\n";

    # Delete it only if nobody has changed it.
    eval { $service->deleteSession( $made->{id}, $session->{version} ) };
    %fault = Sessions::fault($@);
    print "kept\t$fault{VersionConflictFault}{id}\n";
    print "delete\t", $service->deleteSession( $made->{id}, $made->{version} ), "\n";
    eval { $service->getSession($id) };
    %fault = Sessions::fault($@);
    print "notfound\t$fault{SessionNotFoundFault}{id}\n";

    # Without an id the service creates one. The session ends after two minutes: a ttl
    # that is longer than the lifetime is cut.
    my @short = ( Sessions::element( ttl => 3600 ), Sessions::element( lifetime => 120 ) );
    my $new   = $sessions->call( 'setSession', $attributes, @short );
    print "new\t$new->{id}\n";
    print "lifetime\t$new->{expiresIn}\n";
}

1;
