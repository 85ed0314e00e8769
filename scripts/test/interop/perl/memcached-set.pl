# Stores the fixture without the service, as Perl programs do.
# Usage: memcached-set.pl SERVER,... ID
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached;
use Fixture;

my ( $servers, $id ) = @ARGV;
my $cache = Cache::Memcached->new( { servers => [ split /,/, $servers ] } );
$cache->set( $id, { %{ Fixture::session() }, _session_id => $id }, 3600 ) or die "not stored\n";
