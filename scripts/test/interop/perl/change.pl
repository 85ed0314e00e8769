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
check( $changed->{id} eq $one->{id} && $changed->{version} ne $one->{version}, 'it is changed' );
check( $changed->{expiresIn} > 0 && $changed->{expiresIn} <= 600, 'it keeps the time that it has' );
my $got = $sessions->get( $one->{id} );
check( $got->{n} eq '2' && $got->{owner} eq $owner && !exists $got->{old}, 'the others stay' );

check( !eval { $sessions->update( $one->{id}, { n => '3' }, [], $one->{version} ); 1 }, 'who is late fails' );
my $fault = $@->faultdetail->{VersionConflictFault};
check( $fault->{currentVersion} eq $changed->{version}, 'the fault names the version' );

my $many = $sessions->get_many( $two->{id}, 'ab12', $one->{id} );
check( keys %$many == 2 && !defined Fixture::difference( $many->{ $one->{id} }, $got ), 'those that are there come whole' );

my $want = join ' ', sort( $one->{id}, $two->{id} );
check( ids('findSessions') eq $want,   'the sessions of a user are found' );
check( ids('deleteSessions') eq $want, 'all of them are deleted' );
check( ids('findSessions') eq '' && !%{ $sessions->get_many( $one->{id}, $two->{id} ) }, 'and gone' );
