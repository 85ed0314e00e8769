# Adds keys of its own to a session beside other writers, as
# Cache::Memcached::Fast lets careful programs do: gets and cas until nobody
# came between.
use strict;
use warnings;
use Cache::Memcached::Fast;

my ($server, $id, $count) = @ARGV;
my $cache = Cache::Memcached::Fast->new({servers => [$server], io_timeout => 10});
for my $n (1 .. $count) {
    while (1) {
        my $found = $cache->gets($id) or die "the session is gone\n";
        my ($cas, $session) = @$found;
        $session->{"perl $n"} = $n;
        my $stored = $cache->cas($id, $cas, $session, 3600);
        die "the server does not answer\n" if !defined $stored;
        last if $stored;
    }
}
print "$count added\n";
