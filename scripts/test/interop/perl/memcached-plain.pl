# Stores a session without an index or an MD5 lookup key.
use strict;
use warnings;
use Cache::Memcached;

my ($server, $id, $uid) = @ARGV;
my $cache = Cache::Memcached->new({servers => [$server]});
$cache->set($id, {_session_id => $id, uid => $uid}, 3600) or die "not stored\n";
