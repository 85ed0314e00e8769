# Calls every operation: the life of one session.
use strict;
use warnings;

sub walk {
    my ( $sessions, $id ) = @_;
    my $attributes = { uid => 'dwho', roles => [ 'traveller', 'doctor' ] };
    $sessions->call(
        'setSession',
        Sessions::element( id         => $id ),
        Sessions::element( attributes => Sessions::entries($attributes) ),
        Sessions::element( ttl        => 3600 ),
    );
    print "set\t$id\n";

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
    my %fault = Sessions::fault($@);
    print "conflict\t$fault{VersionConflictFault}{id}\n";

    my $touched = $sessions->call( 'touchSession', Sessions::element( id => $id ), Sessions::element( ttl => 600 ) );
    print "touch\t$touched->{expiresIn}\n";

    my @ids   = map { Sessions::element( id => $_ ) } $id, 'f' x 32;
    my $batch = $sessions->call( 'getSessions', Sessions::element( ids => @ids ) );
    print "batch\t", scalar( my @sessions = Sessions::list( $batch, 'session' ) ), "\n";

    my $of_user = $sessions->call( 'findSessions', Sessions::element( principal => 'dwho' ) );
    print "find\t", ( grep { $_ eq $id } Sessions::list( $of_user, 'id' ) ) ? 1 : 0, "\n";

    my $report = $sessions->call('stats');
    print "stats\t", Sessions::list( $report->{service}, 'stat' ) ? 1 : 0, "\n";

    print "delete\t", $sessions->call( 'deleteSession', Sessions::element( id => $id ) ), "\n";
    eval { $sessions->call( 'getSession', Sessions::element( id => $id ) ) };
    %fault = Sessions::fault($@);
    print "notfound\t$fault{SessionNotFoundFault}{id}\n";

    # Without an id the service creates one.
    my $new = $sessions->call( 'setSession', Sessions::element( attributes => Sessions::entries($attributes) ) );
    print "new\t$new->{id}\n";
}

1;
