use strict;
use warnings;
use utf8;

use Scalar::Util qw(blessed refaddr);
use Test::More;

use MemcachedSOAP::Values;

{

    package Loud;
    use overload '""' => sub { die 'an operator of the class is called' }, '%{}' => sub { die 'an operator' };
    sub STORABLE_freeze { die 'a hook of the class is called' }
    sub STORABLE_thaw   { die 'a hook of the class is called' }
}

my $values = MemcachedSOAP::Values->new( objects => [qw(Point Node Loud)] );
my $other  = MemcachedSOAP::Values->new( objects => ['Other'] );
my $none   = MemcachedSOAP::Values->new;

sub entry { return MemcachedSOAP::Values::parse("<entry><key>k</key>$_[0]</entry>") }

my $point = bless { x => 1, y => 2.5, name => 'zoë', raw => "\xff\x00" }, 'Point';
my $node  = bless [ $point, $point, undef, { in => [$point] } ], 'Node';
push @$node, $node;

my $xml = $values->to_xml( [ 'objects', $node, \$point, 1 == 1 ], 'k' );
like( $xml, qr{\A<binary>}, 'objects are bytes to other programs' );
my $read = $values->from_xml( entry($xml) );
is( $read->[0], 'objects', 'text beside objects' );
my $back = $read->[1];
is( blessed($back),                'Node',                'the class of an array' );
is( blessed( $back->[0] ),         'Point',               'the class of a hash' );
is( $back->[0]{name},              'zoë',                 'text of an object' );
is( $back->[0]{raw},               "\xff\x00",            'bytes of an object' );
is( refaddr( $back->[1] ),         refaddr( $back->[0] ), 'the same object twice' );
is( refaddr( $back->[3]{in}[0] ),  refaddr( $back->[0] ), 'and deeper' );
is( refaddr( $back->[4] ),         refaddr($back),        'an object in itself' );
is( refaddr( ${ $read->[2] } ),    refaddr( $back->[0] ), 'a reference to a reference' );
is( $values->to_xml( $read, 'k' ), $xml,                  'the same when it is written again' );
pop @$_ for $node, $back;    # Perl counts references

my $loud = $values->to_xml( bless( [ 1, 2 ], 'Loud' ), 'k' );
is( blessed( $values->from_xml( entry($loud) ) ), 'Loud', 'no code of a class is called' );

ok( !eval { $values->to_xml( [ $point, bless [], 'Other' ], 'my key' ); 1 }, 'an object of another class is refused' );
like( $@, qr/my key.*Other/, 'the fault names key and class' );
ok(
    !eval {
        $values->to_xml( [ $point, sub { } ], 'my key' );
        1;
    },
    'a function in an object is refused'
);
like( $@, qr/my key.*function/, 'the fault names the key' );

for my $reader ( $other, $none ) {
    my $bytes = $reader->from_xml( entry($xml) );
    ok( !ref $bytes, 'objects of other classes stay bytes' );
    is( $reader->to_xml( $bytes, 'k' ), $xml, 'which are the same when they are written again' );
}

# Bytes that claim to be objects.
my $magic   = MemcachedSOAP::Objects::MAGIC();
my $written = sub { '<binary>' . MIME::Base64::encode_base64( $magic . $_[0], '' ) . '</binary>' };
for my $evil (
    '',
    'x',
    '<list>',
    '<list></list>',
    '<value>1</value>',
    '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><value>&e;</value>',
    $none->to_xml( [ [0], 'x' ], 'k' ),
    $none->to_xml( [ [0], [ [ 'HASH', 'Other', {} ] ] ],         'k' ),
    $none->to_xml( [ [0], [ [ 'HASH', 'Point', [] ] ] ],         'k' ),
    $none->to_xml( [ [0], [ [ 'CODE', 'Point', 'system 1' ] ] ], 'k' ),
    $none->to_xml( [ [0], [ [ 'GLOB', undef,   '*STDOUT' ] ] ],  'k' ),
    )
{
    my $read = eval { $values->from_xml( entry( $written->($evil) ) ) };
    is( $@,    '',            "no error: $evil" );
    is( $read, "$magic$evil", 'damaged objects stay bytes' );
}
my $far = eval {
    $values->from_xml( entry( $written->( $none->to_xml( [ [999999999], [ [ 'HASH', 'Point', {} ] ] ], 'k' ) ) ) );
};
is( $far, undef, 'a place that is not in the list is nothing' );

done_testing;
