# Finds the session of a user without the service, as programs with the option
# principal of Apache::Session::Memorycached do. Prints its id and whether the session
# names the key.
# Usage: memcached-find.pl SERVER,... USER-IN-HEXADECIMAL
use strict;
use warnings;
use Cache::Memcached;
use Digest::MD5 qw(md5_hex);

my ( $servers, $user ) = @ARGV;
my $cache   = Cache::Memcached->new( { servers => [ split /,/, $servers ] } );
my $key     = md5_hex( pack 'H*', $user );
my $id      = $cache->get($key) // die "there is no key for this user\n";
my $session = $cache->get($id)  // die "there is no session under the key\n";
print "$id ", ( $session->{uid_MD5} eq $key ? 'names its key' : 'names another key' ), "\n";
