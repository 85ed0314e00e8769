# Calls every operation: the life of one session. Operations with plain arguments
# use the WSDL, operations with lists use Sessions.pm.
use strict;
use warnings;

sub walk {
    my ( $service, $sessions, $id ) = @_;
    my $attributes = Sessions::element( attributes => Sessions::entries( { uid => 'dwho', roles => [ 'traveller', 'doctor' ] } ) );
    $sessions->call( 'setSession', Sessions::element( id => $id ), $attributes );
    print "set\t$id\n";

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
    my %fault = Sessions::fault($@);
    print "conflict\t$fault{VersionConflictFault}{id}\n";

    print "touch\t", $service->touchSession( $id, 600 )->{expiresIn}, "\n";

    my @ids   = map { Sessions::element( id => $_ ) } $id, 'f' x 32;
    my $batch = $sessions->call( 'getSessions', Sessions::element( ids => @ids ) );
    print "batch\t", scalar( my @sessions = Sessions::list( $batch, 'session' ) ), "\n";

    print "find\t", ( grep { $_ eq $id } Sessions::list( $service->findSessions('dwho'), 'id' ) ) ? 1 : 0, "\n";
    print "stats\t", Sessions::list( $service->stats()->{service}, 'stat' ) ? 1 : 0, "\n";

    print "delete\t", $service->deleteSession($id), "\n";
    eval { $service->getSession($id) };
    %fault = Sessions::fault($@);
    print "notfound\t$fault{SessionNotFoundFault}{id}\n";

    # Without an id the service creates one.
    print "new\t", $sessions->call( 'setSession', $attributes )->{id}, "\n";
}

1;
