# Does with a session what Apache::Session::Memorycached 2.2.1 does with the
# option principal => 'uid', for a test: reads commands from standard input, one
# JSON object a line, and answers each with one. A user's name is the string
# of JSON, with the UTF-8 flag; or bytes, given in hexadecimal.
use strict;
use warnings;
use Cache::Memcached;
use Digest::MD5 qw(md5_hex);
use JSON::PP;

my $memcached = Cache::Memcached->new({ servers => [@ARGV] });
my $json = JSON::PP->new->utf8->canonical;
$| = 1;

sub user {
    my ($command) = @_;
    return pack('H*', $command->{bytes}) if defined $command->{bytes};
    my $user = $command->{text};
    utf8::upgrade($user);
    return $user;
}

# find looks for the session of a user, as a reader does.
sub find {
    my ($user) = @_;
    my $key = md5_hex($user);
    my $id = $memcached->get($key) or return {};
    my $session = $memcached->get($id) or return { id => $id, key => $key };
    return { id => $id, key => $key, MD5 => $session->{uid_MD5}, same => $session->{uid} eq $user ? 1 : 0 };
}

# save stores a session and its key.
sub save {
    my ($id, $user) = @_;
    my $key = md5_hex($user);
    $memcached->set($key, $id, 600) or die "the key is not stored\n";
    $memcached->set($id, { _session_id => $id, uid => $user, uid_MD5 => $key }, 600) or die "the session is not stored\n";
    return {};
}

# persist stores the persistent session of a user, as LemonLDAP::NG does.
sub persist {
    my ($user) = @_;
    my $id = md5_hex($user);
    $memcached->set($id, { _session_id => $id, _session_kind => 'Persistent', _session_uid => $user, seed => 's' }, 0)
        or die "the persistent session is not stored\n";
    return {};
}

# seed reads the persistent session of a user.
sub seed {
    my ($user) = @_;
    my $session = $memcached->get(md5_hex($user));
    return ref $session ? { seed => $session->{seed} } : {};
}

while (my $line = <STDIN>) {
    my $command = $json->decode($line);
    my %do = (find => \&find, seed => \&seed, persist => \&persist, save => sub { save($command->{id}, @_) });
    my $answer = $do{ $command->{op} }->(user($command));
    print $json->encode({ answer => { map { $_ => "$answer->{$_}" } grep { defined $answer->{$_} } keys %$answer } }), "\n";
}
