# Usage: change.pl ENDPOINT
use strict;
use warnings;
use utf8;
use FindBin;
use lib $FindBin::Bin;
use Fixture;
use Sessions;

my $sessions = Sessions->new(@ARGV);
my $owner    = 'Zoë, SOAP::Lite';

sub check {
    my ( $holds, $what ) = @_;
    die "failed: $what\n" if !$holds;
}

# Returns the ids of an answer.
sub ids {
    my ($operation) = @_;
    return join ' ', sort( Sessions::several( $sessions->call( $operation => Sessions::element( principal => $owner ) ), 'id' ) );
}

my $one = $sessions->set( undef, { owner => $owner, n => '1', old => 'x' }, 600 );
my $two = $sessions->set( undef, { owner => $owner } );

my $changed = $sessions->update( $one->{id}, { n => '2', new => [ '', undef ] }, [ 'old', 'never there' ], $one->{version} );
check( $changed->{id} eq $one->{id} && $changed->{version} ne $one->{version}, 'the session is changed' );
check( $changed->{expiresIn} > 0 && $changed->{expiresIn} <= 600, 'the session keeps its TTL' );
my $got = $sessions->get( $one->{id} );
check( $got->{n} eq '2' && $got->{owner} eq $owner && !exists $got->{old}, 'the other attributes stay' );

check( !eval { $sessions->update( $one->{id}, { n => '3' }, [], $one->{version} ); 1 }, 'an old version is refused' );
my $fault = $@->faultdetail->{VersionConflictFault};
check( $fault->{currentVersion} eq $changed->{version}, 'the fault names the version' );

my $many = $sessions->get_many( $two->{id}, 'ab12', $one->{id} );
check( keys %$many == 2 && !defined Fixture::difference( $many->{ $one->{id} }, $got ), 'the existing sessions are complete' );

my $want = join ' ', sort( $one->{id}, $two->{id} );
check( ids('findSessions') eq $want,   'findSessions returns the sessions of the user' );
check( ids('deleteSessions') eq $want, 'deleteSessions returns their ids' );
check( ids('findSessions') eq '' && !%{ $sessions->get_many( $one->{id}, $two->{id} ) }, 'the sessions are absent' );
