# Calls every operation: the life of one session.
use strict;
use warnings;

sub walk {
    my ( $sessions, $id ) = @_;
    my $attributes = Messages::entries( { uid => 'dwho', roles => [ 'traveller', 'doctor' ] } );
    $sessions->call( setSession => id => $id, attributes => $attributes, ttl => 3600 );
    print "set\t$id\n";

    my $session = $sessions->call( getSession => id => $id );
    my %found   = map { $_->{key} => Sessions::value($_) } Sessions::list( $session->{attributes}, 'entry' );
    print "get\t$found{uid}\n";

    # Change one attribute only if the session has not been modified since it was read.
    my %change = ( id => $id, set => Messages::entries( { mood => 'good' } ), ifVersion => $session->{version} );
    $sessions->call( updateSession => %change );
    print "update\tok\n";
    eval { $sessions->call( updateSession => %change ) };
    my %fault = Messages::fault($@);
    print "conflict\t$fault{VersionConflictFault}{id}\n";

    my $touched = $sessions->call( touchSession => id => $id, ttl => 600 );
    print "touch\t$touched->{expiresIn}\n";

    my $batch = $sessions->call( getSessions => ids => { id => [ $id, 'f' x 32 ] } );
    print "batch\t", scalar( my @sessions = Sessions::list( $batch, 'session' ) ), "\n";

    my $of_user = $sessions->call( findSessions => principal => 'dwho' );
    print "find\t", ( grep { $_ eq $id } Sessions::list( $of_user, 'id' ) ) ? 1 : 0, "\n";

    my $report = $sessions->call('stats');
    print "stats\t", Sessions::list( $report->{service}, 'stat' ) ? 1 : 0, "\n";

    print "delete\t", $sessions->call( deleteSession => id => $id ), "\n";
    eval { $sessions->call( getSession => id => $id ) };
    %fault = Messages::fault($@);
    print "notfound\t$fault{SessionNotFoundFault}{id}\n";

    # Without an id the service creates one.
    print "new\t", $sessions->call( setSession => attributes => $attributes )->{id}, "\n";
}

1;
