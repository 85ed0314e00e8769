use strict;
use warnings;
use utf8;

use Test::More;

use MemcachedSOAP::Values;

binmode $_, ':encoding(UTF-8)' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $values = MemcachedSOAP::Values->new;
my $json   = MemcachedSOAP::Values->new( booleans => 'json', text => 'bytes' );

sub entry { return MemcachedSOAP::Values::parse("<entry><key>k</key>$_[0]</entry>") }
sub bytes { my ($text) = @_; utf8::encode($text); return $text }

# A value, its XML, and what is read back if it is not the value.
my @same = (
    [ 'text'           => 'zoë 🦊',                    '<value>zoë 🦊</value>' ],
    [ 'markup'         => q{<&>]]>"'},                q{<value>&lt;&amp;&gt;]]&gt;"'</value>} ],
    [ 'lines'          => "a\nb\tc\r\nd",             "<value>a\nb\tc&#xD;\nd</value>" ],
    [ 'empty'          => '',                         '<value></value>' ],
    [ 'digits'         => '0042',                     '<value>0042</value>' ],
    [ 'word'           => 'true',                     '<value>true</value>' ],
    [ 'undef'          => undef,                      '<undef>true</undef>' ],
    [ 'bytes'          => "\x00\xff\xfe",             '<binary>AP/+</binary>' ],
    [ 'control'        => "é\x00",                    '<binary>w6kA</binary>' ],
    [ 'noncharacter'   => "\x{FFFF}",                 '<binary>77+/</binary>' ],
    [ 'bytes of UTF-8' => bytes('zoë'),               '<value>zoë</value>', 'zoë' ],
    [ 'int'            => 42,                         '<value>42</value><type>int</type>' ],
    [ 'negative'       => -7,                         '<value>-7</value><type>int</type>' ],
    [ 'largest'        => 9223372036854775807,        '<value>9223372036854775807</value><type>int</type>' ],
    [ 'smallest'       => -9223372036854775807 - 1,   '<value>-9223372036854775808</value><type>int</type>' ],
    [ 'double'         => 1.5,                        '<value>1.5</value><type>double</type>' ],
    [ 'tiny'           => 1e-7,                       '<value>1e-07</value><type>double</type>' ],
    [ 'huge'           => 1e300,                      '<value>1e+300</value><type>double</type>' ],
    [ 'precise'        => 0.1 + 0.2,                  '<value>0.30000000000000004</value><type>double</type>' ],
    [ 'whole double'   => unpack( 'd', pack 'd', 3 ), '<value>3</value><type>double</type>' ],
    [
        'list' => [ 1, '1', undef, [] ],
        '<list><item><value>1</value><type>int</type></item><item><value>1</value></item>'
            . '<item><undef>true</undef></item><item><list></list></item></list>'
    ],
    [
        'hash' => { b => 1, a => {}, '' => 'x' },
        '<hash><entry><key></key><value>x</value></entry><entry><key>a</key><hash></hash></entry>'
            . '<entry><key>b</key><value>1</value><type>int</type></entry></hash>'
    ],
    [
        'names' => { "\x01" => 1, 'base64:x' => 2 },
        '<hash><entry><key>base64:AQ==</key><value>1</value><type>int</type></entry>'
            . '<entry><key>base64:YmFzZTY0Ong=</key><value>2</value><type>int</type></entry></hash>'
    ],
);

for my $case (@same) {
    my ( $name, $value, $xml, $back ) = @$case;
    my $written = $values->to_xml( $value, 'k' );
    is( $written, $xml, "$name is written" ) if defined $xml;
    my $read = $values->from_xml( entry( bytes($written) ) );
    is_deeply( $read, defined $back ? $back : $value, "$name is read" );
    is( $values->to_xml( $read, 'k' ), $written, "$name is the same when it is written again" );
}

{
    my $latin = "zo\xeb";
    utf8::downgrade($latin);
    is( $values->to_xml( $latin, 'k' ), '<binary>em/r</binary>', 'bytes that are not UTF-8' );
    utf8::upgrade($latin);
    is( $values->to_xml( $latin, 'k' ), '<value>zoë</value>', 'the same characters as text' );
    my $number = 5;
    my $text   = "$number";
    is( $values->to_xml( $number, 'k' ), '<value>5</value><type>int</type>', 'a number that was used as text' );
    my $sum = $text + 1;
    is( $values->to_xml( $text, 'k' ), '<value>5</value>', 'text that was used as a number' );
}

{
    my ( $true, $false ) = ( 1 == 1, 1 == 2 );
    is( $values->to_xml( $true,  'k' ), '<value>true</value><type>boolean</type>',  'true' );
    is( $values->to_xml( $false, 'k' ), '<value>false</value><type>boolean</type>', 'false' );
    is(
        $values->to_xml( { b => $false }, 'k' ),
        '<hash><entry><key>b</key><value>false</value><type>boolean</type></entry></hash>',
        'false in a hash'
    );
    for my $value ( $true, $false ) {
        my $xml = $values->to_xml( $value, 'k' );
        is( $values->to_xml( $values->from_xml( entry($xml) ), 'k' ), $xml, 'a boolean stays one' );
        my $object = $json->from_xml( entry($xml) );
        isa_ok( $object, 'JSON::PP::Boolean' );
        is( !!$object,                       $value, 'it has the same value' );
        is( $values->to_xml( $object, 'k' ), $xml,   'it is written as a boolean' );
    }
}

is( $json->from_xml( entry( bytes('<value>zoë</value>') ) ),          bytes('zoë'), 'text as bytes' );
is( $values->from_xml( entry('<value>1</value><type>later</type>') ), '1',          'a type of a later service' );
is( $values->from_xml( entry('') ),                                   undef,        'no value' );
ok( !utf8::is_utf8( $values->from_xml( entry('<value>abc</value>') ) ), 'ASCII has no flag' );

sub refused {
    my ( $value, $what, $name ) = @_;
    ok( !eval { $values->to_xml( $value, 'my key' ); 1 }, "$name is refused" );
    is( $@->name, 'RefusedValue', 'with this fault' );
    like( $@, qr/my key.*$what/, 'which names the key' );
    return;
}

my $loop = [];
push @$loop, $loop;
refused( sub { 1 },                            'a function',   'a function' );
refused( \*STDOUT,                             'GLOB',         'a reference to a file handle' );
refused( *STDOUT,                              'file handle',  'a file handle' );
refused( \'x',                                 'SCALAR',       'a reference to a scalar' );
refused( bless( {}, 'Some::Class' ),           'Some::Class',  'an object' );
refused( [ { a => bless [], 'Some::Class' } ], 'Some::Class',  'an object within' );
refused( qr/x/,                                'Regexp',       'a regular expression' );
refused( $loop,                                'itself',       'a list in itself' );
refused( 18446744073709551615,                 'more than 64', 'an unsigned number of 64 bits' );
refused( 9**9**9,                              'not finite',   'infinity' );
refused( -sin( 9**9**9 ),                      'not finite',   'a number that is none' );
{
    no warnings;
    refused( "\x{D800}",   'not Unicode', 'half a surrogate pair' );
    refused( "\x{110000}", 'not Unicode', 'a character beyond Unicode' );
}
refused( { bytes('zoë') => 1, 'zoë' => 2 }, 'same name', 'the same name twice' );

done_testing;
