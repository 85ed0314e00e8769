# Usage: life.pl ENDPOINT
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Fixture;
use Sessions;

my $sessions = Sessions->new(@ARGV);

sub check {
    my ( $holds, $what ) = @_;
    die "failed: $what\n" if !$holds;
}

check( $sessions->call('status') eq '...... MEMCACHED SOAP OK ......', 'the service is well' );

my $new = $sessions->set( undef, { uid => 'dwho' }, 600 );
my $id  = Sessions::element( id => $new->{id} );
check( $new->{id} =~ /^[0-9a-f]{32}$/, 'a new session has a new id' );
check( $new->{expiresIn} == 600, 'it lives as long as asked for' );

my $touched = $sessions->call( touchSession => $id, Sessions::element( ttl => 60 ) );
check( $touched->{expiresIn} == 60, 'a touch gives it another time to live' );
check( $touched->{version} eq $new->{version}, 'but leaves its content alone' );

my $changed = $sessions->set( $new->{id}, { uid => 'rtyler' } );
check( $changed->{version} ne $new->{version}, 'another content has another version' );
check( !defined Fixture::difference( $sessions->get( $new->{id} ), { uid => 'rtyler' } ), 'and it is the new one' );
my $empty = $sessions->set( undef, {} );
check( !defined Fixture::difference( $sessions->get( $empty->{id} ), {} ), 'a session may be empty' );

check( $sessions->call( deleteSession => $id ) eq 'true',  'it can be deleted' );
check( $sessions->call( deleteSession => $id ) eq 'false', 'but once' );

my $report = $sessions->call('stats');
for my $server ( Sessions::several( $report->{servers}, 'server' ) ) {
    my %stats = map { $_->{name} => $_->{value} } Sessions::several( $server->{stats}, 'stat' );
    check( $server->{alive} eq 'true' && $stats{pid} > 0, 'stats has the figures of memcached' );
}
