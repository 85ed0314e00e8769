# Reads the values of a session that was stored with types, calculates with them, and
# stores the session again with other values, as Perl programs do that know no types.
# Prints what Perl has: int for an integer, text for a string.
# Usage: memcached-typed.pl SERVER ID
use strict;
use warnings;
use B;
use Cache::Memcached;

my ($server, $id) = @ARGV;
my $cache = Cache::Memcached->new({ servers => [$server] });
my $session = $cache->get($id) or die "$id is absent\n";

sub kind {
    my ($value) = @_;
    return join(' ', '[', map({ kind($_) } @$value), ']') if ref $value;
    return (B::svref_2object(\$value)->FLAGS & B::SVf_IOK ? 'int ' : 'text ') . $value;
}
print "$_ = ", kind($session->{$_}), "\n" for sort keys %$session;
print 'sum = ', $session->{int} + $session->{half} + $session->{three} + $session->{yes}, "\n";
print 'no is ', ($session->{no} ? 'true' : 'false'), ', yes is ', ($session->{yes} ? 'true' : 'false'), "\n";

$session->{int}++;
$session->{half} *= 3;
$session->{yes}  = !$session->{yes};      # Perl's false
$session->{no}   = '1';
$session->{gone} = 'no boolean any more';
$session->{list} = [ 0, 1, 1, 'x' ];      # the hint is about 0 and 2
delete $session->{deleted};               # and not its hint
$cache->set($id, {%$session}, 3600) or die "not stored\n";
