# A Perl program that keeps sessions of users: reads commands from standard input, one a
# line, and answers each with 1 (done) or 0.
#
#   login ID USER SECOND   stores a new session
#   get ID                 is there a session? The program then holds it
#   back ID                stores the session that it holds again, as it was
#   drop ID                holds it no longer
use strict;
use warnings;
use Cache::Memcached;

my $memcached = Cache::Memcached->new({ servers => [@ARGV], no_rehash => 1 });
my %held;
$| = 1;
while (my $line = <STDIN>) {
    my ($command, $id, $user, $second) = split ' ', $line;
    Cache::Memcached->forget_dead_hosts(); # it ignores a dead server for 20 seconds
    my $done = 1;
    if ($command eq 'login') {
        $done = $memcached->set($id, { _session_id => $id, uid => $user, _utime => $second }, 3600);
    } elsif ($command eq 'get') {
        my $session = $memcached->get($id);
        $done = ref $session eq 'HASH' && ($session->{_session_id} // '') eq $id;
        $held{$id} = $session if $done;
    } elsif ($command eq 'back') {
        $done = $held{$id} && $memcached->set($id, $held{$id}, 3600);
    } else {
        delete $held{$id};
    }
    print $done ? "1\n" : "0\n";
}
