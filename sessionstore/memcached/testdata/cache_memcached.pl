# Runs Cache::Memcached for a test: reads commands from standard input, one
# JSON object a line, and answers each with one. Bytes go in hexadecimal.
use strict;
use warnings;
use Cache::Memcached;
use JSON::PP;

my $memcached = Cache::Memcached->new({ servers => [@ARGV] });
my $json = JSON::PP->new->canonical;
$| = 1;
while (my $line = <STDIN>) {
    my $command = $json->decode($line);
    my $answer;
    if ($command->{op} eq 'get') {
        my $hash = $memcached->get($command->{key});
        $answer = ref $hash eq 'HASH' ? { map { $_ => unpack('H*', $hash->{$_}) } keys %$hash } : undef;
    } else {
        my %hash = map { $_ => pack('H*', $command->{hash}{$_}) } keys %{ $command->{hash} };
        $answer = $memcached->set($command->{key}, \%hash, $command->{seconds}) ? {} : undef;
    }
    print $json->encode({ answer => $answer }), "\n";
}
