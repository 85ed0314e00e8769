# What the programs of the old Lemonldap do with a session: Lemonldap::Portal makes it
# at a login, and Lemonldap::Handlers read it at each request.
#
# Usage: old-lemonldap.pl login SERVER,... LOCAL,... USER    prints the id
#        old-lemonldap.pl handle SERVER,... LOCAL,... ID     prints the user, or "absent"
#        old-lemonldap.pl find SERVER,... LOCAL,... USER     prints the newest id, or "absent"
#        old-lemonldap.pl logout SERVER,... LOCAL,... ID
# LOCAL may be empty.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Apache::Session::Memorycached;
use Digest::MD5 qw(md5_hex);

my ( $command, $servers, $local, $argument ) = @ARGV;
my %options = (
    servers   => [ split /,/, $servers ],
    timeout   => 3600,
    principal => 'uid',
    ( $local ? ( local => [ split /,/, $local ] ) : () ),
);

my %commands = (
    login => sub {
        tie my %session, 'Apache::Session::Memorycached', undef, {%options};
        my $id = $session{_session_id};
        $session{uid}  = $argument;
        $session{mail} = "$argument\@badwolf.org";
        $session{cn}   = "J\xf6rg";                      # directories have Latin-1 or UTF-8
        $session{profil_rce} = 'profil:rce';
        untie %session;
        return $id;
    },
    handle => sub {
        tie my %session, 'Apache::Session::Memorycached', $argument, {%options};
        return $session{uid} // 'absent';
    },
    find => sub {
        my $cache = Cache::Memcached->new( { servers => $options{servers} } );
        return $cache->get( md5_hex($argument) ) // 'absent';
    },
    logout => sub {
        tie my %session, 'Apache::Session::Memorycached', $argument, {%options};
        tied(%session)->delete;
        return 'done';
    },
);
print $commands{$command}->(), "\n";
