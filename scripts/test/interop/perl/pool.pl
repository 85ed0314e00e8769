# A Perl program that uses the pool. It executes commands from standard input, one a
# line, and answers each with one line: "ok" or the failure.
#
#   create ROUND NUMBER...   stores new sessions
#   renew ROUND NUMBER...    reads sessions of the previous round and stores them again
#   check ROUND NUMBER...    reads sessions
#   hammer ROUNDS NUMBER...  reads and stores sessions that all other programs store too
#   reconnect                connects again, also to servers that were down
#
# Usage: pool.pl CLASS SERVER,... SEED OPTION...
# The OPTIONs are names and values for CLASS->new. "plain 1" limits the sessions to
# values that SOAP::Lite can transport.
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

# id NUMBER returns the id of a session. It is the same in every program.
sub id { return md5_hex("session $_[0]") }

sub each_session {
    my ( $do, $round, @numbers ) = @_;
    $do->( id($_), $round ) for @numbers;
    return;
}

sub create {
    my ( $id, $round ) = @_;
    $cache->set( $id, Random::session( $id, $round ), 3600 ) or die "$id is not stored\n";
    return;
}

sub check {
    my ( $id, $round ) = @_;
    my $session = $cache->get($id) or die "$id is lost\n";
    Random::proved($session)       or die "$id is damaged\n";
    $session->{_session_id} eq $id or die "$id has another id inside\n";
    $session->{round} == $round      or die "$id is of round $session->{round}\n";
    return $session;
}

# renew stores half of the sessions with the same attributes. In the other half it
# deletes and replaces all attributes.
sub renew {
    my ( $id, $round ) = @_;
    my $session = check( $id, $round - 1 );
    if ( rand() < 0.5 ) {
        $session->{round} = $round;
        Random::seal($session);
    }
    else {
        destroy($session);
        %$session = %{ Random::session( $id, $round ) };
    }
    $cache->set( $id, $session, 3600 ) or die "$id is not stored again\n";
    return;
}

# destroy assigns to every value and deletes it. Perl dies at a read-only value.
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

# hammer checks that each session is exactly as a program has written it.
sub hammer {
    my ( $rounds, @numbers ) = @_;
    for my $round ( 1 .. $rounds ) {
        for my $id ( map { id($_) } @numbers ) {
            my $session = $cache->get($id) or die "$id is lost\n";
            Random::proved($session)       or die "$id is damaged\n";
            create( $id, $round );
        }
    }
    return;
}

sub reconnect {
    $cache->disconnect_all;
    $cache->forget_dead_hosts if $cache->can('forget_dead_hosts');
    return;
}
