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

check( $sessions->call('status') eq '...... MEMCACHED SOAP OK ......', 'status is OK' );

my $new = $sessions->set( undef, { uid => 'dwho' }, 600 );
my $id  = Sessions::element( id => $new->{id} );
check( $new->{id} =~ /^[0-9a-f]{32}$/, 'a new session has a new id' );
check( $new->{expiresIn} == 600, 'the session has the requested TTL' );

my $touched = $sessions->call( touchSession => $id, Sessions::element( ttl => 60 ) );
check( $touched->{expiresIn} == 60, 'a touch changes the TTL' );
check( $touched->{version} eq $new->{version}, 'a touch keeps the content' );

my $changed = $sessions->set( $new->{id}, { uid => 'rtyler' } );
check( $changed->{version} ne $new->{version}, 'another content has another version' );
check( !defined Fixture::difference( $sessions->get( $new->{id} ), { uid => 'rtyler' } ), 'the new content is stored' );
my $empty = $sessions->set( undef, {} );
check( !defined Fixture::difference( $sessions->get( $empty->{id} ), {} ), 'a session may be empty' );

check( $sessions->call( deleteSession => $id ) eq 'true',  'the session is deleted' );
check( $sessions->call( deleteSession => $id ) eq 'false', 'a second deletion reports no session' );

my $report = $sessions->call('stats');
for my $server ( Sessions::several( $report->{servers}, 'server' ) ) {
    my %stats = map { $_->{name} => $_->{value} } Sessions::several( $server->{stats}, 'stat' );
    check( $server->{alive} eq 'true' && $stats{pid} > 0, 'stats has the statistics of memcached' );
}
