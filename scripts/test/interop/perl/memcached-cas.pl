# Adds keys to a session that other programs change at the same time. It uses gets and
# cas of Cache::Memcached::Fast and retries after a conflict.
use strict;
use warnings;
use Cache::Memcached::Fast;

my ($server, $id, $count) = @ARGV;
my $cache = Cache::Memcached::Fast->new({servers => [$server], io_timeout => 10});
for my $n (1 .. $count) {
    while (1) {
        my $found = $cache->gets($id) or die "the session is absent\n";
        my ($cas, $session) = @$found;
        $session->{"perl $n"} = $n;
        my $stored = $cache->cas($id, $cas, $session, 3600);
        die "the server does not answer\n" if !defined $stored;
        last if $stored;
    }
}
print "$count added\n";
