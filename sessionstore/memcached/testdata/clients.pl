# Runs a memcached client for a test. The first argument is its class, the
# second its options as JSON. Reads commands from standard input, one JSON
# object a line, and answers each with one. "string" is for sessions as
# Apache::Session::Memcached 0.03 keeps them: frozen by itself.
use strict;
use warnings;
use JSON::PP;
use Storable ();

my $json = JSON::PP->new->canonical;
my ($class, $options) = @ARGV;
eval "require $class" or die $@;
my $memcached = $class->new($json->decode($options));
$| = 1;
while (my $line = <STDIN>) {
    my $command = $json->decode($line);
    my %answer;
    for my $key (@{ $command->{keys} }) {
        if ($command->{op} eq 'get') {
            my $value = $memcached->get($key);
            $value = Storable::thaw($value) if $command->{string} && defined $value;
            $answer{$key} = $value->{uid} if ref $value;
        } elsif ($command->{op} eq 'value') {
            my $value = $memcached->get($key);
            $answer{$key} = "$value" if defined $value;
        } elsif ($command->{op} eq 'set') {
            my $value = { uid => $command->{uid}, _session_id => $key };
            $value = Storable::nfreeze($value) if $command->{string};
            $answer{$key} = 'set' if $memcached->set($key, $value, $command->{seconds});
        }
    }
    print $json->encode(\%answer), "\n";
}
