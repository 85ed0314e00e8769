# A Perl program on the pool that obeys commands from standard input, one a
# line, and answers each with one line: "ok", or what is wrong.
#
#   create TURN NUMBER...   stores new sessions
#   renew TURN NUMBER...    reads sessions of the turn before, and stores them again
#   check TURN NUMBER...    reads sessions
#   hammer TURNS NUMBER...  reads and stores sessions that all others store too
#   reconnect               connects again, also to servers that were down
#
# Usage: pool.pl CLASS SERVER,... SEED OPTION...
# The OPTIONs are names and values for CLASS->new, and plain 1 for sessions that
# SOAP::Lite can carry.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Digest::MD5 qw(md5_hex);
use Random;

my ( $class, $servers, $seed, %options ) = @ARGV;
$Random::plain = delete $options{plain} // 0;
eval "require $class; 1" or die $@;
my $cache = $class->new( { servers => [ split /,/, $servers ], %options } );
srand $seed;
$| = 1;

my %commands = (
    create    => sub { each_session( \&create, @_ ) },
    renew     => sub { each_session( \&renew,  @_ ) },
    check     => sub { each_session( \&check,  @_ ) },
    hammer    => \&hammer,
    reconnect => \&reconnect,
);
while ( my $line = <STDIN> ) {
    my ( $command, @arguments ) = split ' ', $line;
    my $done = eval { $commands{$command}->(@arguments); 1 };
    print $done ? "ok\n" : $@ =~ s/\s+/ /gr . "\n";
}

# id NUMBER is the id of a session, the same for every program.
sub id { return md5_hex("session $_[0]") }

sub each_session {
    my ( $do, $turn, @numbers ) = @_;
    $do->( id($_), $turn ) for @numbers;
    return;
}

sub create {
    my ( $id, $turn ) = @_;
    $cache->set( $id, Random::session( $id, $turn ), 3600 ) or die "$id is not stored\n";
    return;
}

sub check {
    my ( $id, $turn ) = @_;
    my $session = $cache->get($id) or die "$id is lost\n";
    Random::proved($session)       or die "$id is altered\n";
    $session->{_session_id} eq $id or die "$id has another id inside\n";
    $session->{turn} == $turn      or die "$id is of turn $session->{turn}\n";
    return $session;
}

# renew stores one half of the sessions as they were read, and the other half
# with everything in them deleted and replaced.
sub renew {
    my ( $id, $turn ) = @_;
    my $session = check( $id, $turn - 1 );
    if ( rand() < 0.5 ) {
        $session->{turn} = $turn;
        Random::seal($session);
    }
    else {
        destroy($session);
        %$session = %{ Random::session( $id, $turn ) };
    }
    $cache->set( $id, $session, 3600 ) or die "$id is not stored again\n";
    return;
}

# destroy assigns to everything that can be assigned to, and deletes it. Perl
# dies of a value that is read-only.
sub destroy {
    my ($value) = @_;
    my $type = Scalar::Util::reftype($value) // return;
    if ( $type eq 'HASH' ) {
        for my $key ( keys %$value ) {
            destroy( $value->{$key} );
            $value->{$key} = 'changed';
            delete $value->{$key};
            $value->{$key} = 'put back';
        }
        %$value = ();
    }
    elsif ( $type eq 'ARRAY' ) {
        destroy($_) for @$value;
        $_ = 'changed' for @$value;
        @$value = ();
    }
    else {
        $$value = 'changed';
    }
    return;
}

# Whoever reads a session that others write reads one that somebody has written.
sub hammer {
    my ( $turns, @numbers ) = @_;
    for my $turn ( 1 .. $turns ) {
        for my $id ( map { id($_) } @numbers ) {
            my $session = $cache->get($id) or die "$id is lost\n";
            Random::proved($session)       or die "$id is altered\n";
            create( $id, $turn );
        }
    }
    return;
}

sub reconnect {
    $cache->disconnect_all;
    $cache->forget_dead_hosts if $cache->can('forget_dead_hosts');
    return;
}
