# Stores objects as a mod_perl program does, and checks that SOAP::Lite reads from the
# service what it reads from a SOAP::Lite server that sends the same session.
# Usage: cgi-objects.pl ENDPOINT SERVER,...
use strict;
use warnings;
use Cache::Memcached;
use Data::Dumper;
use Scalar::Util qw(blessed reftype);
use SOAP::Lite;

my ( $endpoint, $servers ) = @ARGV;
my $cache  = Cache::Memcached->new( { servers => [ split /,/, $servers ] } );
my $client = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy($endpoint);
$Data::Dumper::Indent = $Data::Dumper::Terse = $Data::Dumper::Sortkeys = 1;

my $shared = bless { a => 1 }, 'Shared::Hash';
my $list   = bless [ 1, 2 ], 'Shared::List';
my $cycle  = bless {}, 'Cyc';
$cycle->{self} = $cycle;
my %session = (
    hash     => bless( { k => 'v', inner => bless( [ bless {}, 'In' ], 'Mid::dle' ) }, 'Foo::Bar' ),
    list     => bless( [ 1, 'a', undef ], 'Foo' ),
    scalar   => bless( \( my $text = 'x' ), 'JSON::PP::Boolean' ),
    undef    => bless( \( my $none ), 'Foo' ),
    ref      => \bless( { a => 1 }, 'A::B' ),
    refref   => bless( \\'x', 'R' ),
    none     => bless( {}, 'Foo' ),
    empty    => bless( [], 'Foo' ),
    alike    => [ map { bless { n => $_ }, 'A::B' } 1 .. 3 ],
    mixed    => [ bless( {}, 'A' ), bless( [], 'B' ), {} ],
    map      => bless( { 'a b' => 1 }, 'Foo' ),
    inmap    => { 'a b' => bless( { a => 1 }, 'A' ) },
    first    => $shared,
    second   => $shared,
    third    => $list,
    fourth   => $list,
    cycle    => $cycle,
    dash     => bless( {}, 'Foo-Bar' ),
    dot      => bless( {}, 'Foo.Bar' ),
    under    => bless( {}, 'Foo__Bar' ),
    Map      => bless( { a => 1 }, 'Map' ),
    Array    => bless( [1], 'Array' ),
    HASH     => bless( { a => 1 }, 'HASH' ),
    hashlist => bless( [1], 'HASH' ),
    plain    => { a => [ 1, 'text' ] },
);
my $expected = SOAP::Deserializer->deserialize( SOAP::Serializer->new->envelope( response => 'getSessionResponse', {%session} ) )->result;
compare( 'ab01', \%session, $expected );

# SOAP::Lite sends these wrongly, or its clients fail to read them. They are plain data
# in the answer.
my @hostile = (
    'string', 'int', 'anyType', 'xml', '1a', 'a:b', 'A:::B', q{a"b}, 'a<b', 'a b', "a\nb", "\xe9t\xe9", 'x' x 5000,
    'Foo" href="#ref-1', 'o" xmlns:xsi="urn:x',
);
my $n = 0;
my %hostile = map { ( 'c' . $n++ => bless { k => 'v', l => bless( [1], $_ ) }, $_ ) } @hostile;
$n = 0;
compare( 'ab02', \%hostile, { map { ( 'c' . $n++ => { k => 'v', l => ['1'] } ) } @hostile } );

# The session itself may be an object: a program gets a copy, which is none.
compare( 'ab03', bless( { a => 1 }, 'Session' ), { a => '1' } );
print "ok\n";

# compare stores a session and compares what the client reads with what it expects.
sub compare {
    my ( $id, $session, $want ) = @_;
    $cache->set( $id, $session ) or die "$id: not stored\n";
    my $answer = $client->getSession($id);
    die "$id: ", $answer->faultstring, "\n" if $answer->fault;
    my ( $got, $expected ) = map { Dumper( normal( $_, {} ) ) } $answer->result, $want;
    die "$id: got $got\nwant $expected" if $got ne $expected;
    return;
}

# normal returns a value with its classes as text, and generated names without numbers.
sub normal {
    my ( $value, $seen ) = @_;
    return $value if !ref $value;
    return 'seen' if $seen->{ 0 + $value }++;
    my $class = blessed($value) // '';
    my $content =
        reftype($value) eq 'ARRAY'
      ? [ map { normal( $_, $seen ) } @$value ]
      : { map { ( s/^[cs]-gensym\d+$/gensym/r => normal( $value->{$_}, $seen ) ) } sort keys %$value };
    return { class => $class, content => $content };
}
