# Calls every operation: the life of one session.
use strict;
use warnings;

sub walk {
    my ( $sessions, $id ) = @_;
    my $attributes = Sessions::entries( { uid => 'dwho', roles => [ 'traveller', 'doctor' ] } );
    $sessions->call( setSession => id => $id, attributes => $attributes, ttl => 3600 );
    print "set\t$id\n";

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

    my $batch = $sessions->call( getSessions => ids => { id => [ $id, 'f' x 32 ] } );
    print "batch\t", scalar @{ $batch->{session} }, "\n";

    my $found = $sessions->call( findSessions => principal => 'dwho' );
    print "find\t", ( grep { $_ eq $id } @{ $found->{id} } ) ? 1 : 0, "\n";

    my $report = $sessions->call('stats');
    print "stats\t", @{ $report->{service}{stat} } ? 1 : 0, "\n";

    print "delete\t", $sessions->call( deleteSession => id => $id ) ? 'true' : 'false', "\n";
    eval { $sessions->call( getSession => id => $id ) };
    print "notfound\t$@->{fields}{id}\n" if $@->{name} eq 'SessionNotFoundFault';

    # Without an id the service creates one.
    my $new = $sessions->call( setSession => attributes => $attributes );
    print "new\t$new->{id}\n";
}

1;
