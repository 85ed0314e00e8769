package MemcachedSOAP::Values;

use strict;
use warnings;
no warnings 'recursion';    ## no critic: the service limits the depth of what it stores, and MAX_DEPTH what it is sent

our $VERSION = '1.00';

use B            ();
use MIME::Base64 ();
use Scalar::Util ();
use XML::LibXML  ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Objects;

use constant MAX_DEPTH => 1000;    # levels of lists and hashes, so that a value that contains itself ends somewhere

# Perl has values that are true booleans since 5.36, and keeps a number a number when it is used as text.
my $is_bool = $] >= 5.036 ? eval 'no warnings; sub { builtin::is_bool( $_[0] ) }' : sub { 0 };    ## no critic

my %boolean_class = map { $_ => 1 } qw(JSON::PP::Boolean JSON::XS::Boolean Types::Serialiser::Boolean boolean);

my $no_xml     = qr/[^\x09\x0A\x0D\x20-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]/;
my $no_unicode = qr/[\x{D800}-\x{DFFF}]|[^\x{0}-\x{10FFFF}]/;
my %escapes    = ( '&' => '&amp;', '<' => '&lt;', '>' => '&gt;', "\r" => '&#xD;' );

sub new {
    my ( $class, %options ) = @_;
    my @objects = @{ $options{objects} || [] };
    return bless {
        objects     => MemcachedSOAP::Objects->new(@objects),
        has_objects => scalar @objects,
        bytes       => ( $options{text}     || 'characters' ) eq 'bytes',
        booleans    => ( $options{booleans} || 'perl' ),
    }, $class;
}

# The answers are read without external entities, and without limits for the size of a text, which the service has.
my $parser = XML::LibXML->new( no_network => 1, load_ext_dtd => 0, expand_entities => 0, huge => 1 );

sub parse {
    my ($xml) = @_;
    return $parser->parse_string($xml)->documentElement;
}

# characters returns the characters of a text, or undef for bytes that are no text.
sub characters {
    my ($text) = @_;
    return $text if utf8::is_utf8($text) || $text !~ /[^\x00-\x7f]/;
    my $decoded = $text;
    return if !utf8::decode($decoded) || $decoded =~ $no_unicode;
    return $decoded;
}

sub escape {
    my ($text) = @_;
    $text =~ s/([&<>\r])/$escapes{$1}/g;
    return $text;
}

# name_to_xml returns a name as the content of an element key.
sub name_to_xml {
    my ($name) = @_;
    my $text = characters($name);
    $text = $name if !defined $text;    # a key of a hash is characters to Perl, whatever its bytes are
    _require_unicode( $text, $name );
    return escape($text) if $text !~ $no_xml && $text !~ /\Abase64:/;
    utf8::encode($text);
    return 'base64:' . MIME::Base64::encode_base64( $text, '' );
}

sub name_from_xml {
    my ( $self, $name ) = @_;
    if ( $name =~ /\Abase64:(.*)\z/s ) {
        $name = MIME::Base64::decode_base64($1);
        utf8::decode($name);
    }
    return $self->_text($name);
}

sub to_xml {
    my ( $self, $value, $key ) = @_;
    my $xml = $self->_write( $value, $key, 0 );
    return $xml if defined $xml;
    my $graph = $self->{objects}->flatten( $value, $key, \&_is_scalar );
    my $bytes = $self->_write( $graph, $key, 0 );
    utf8::encode($bytes);
    return _binary( MemcachedSOAP::Objects::MAGIC . $bytes );
}

sub _is_scalar {
    my ($value) = @_;
    return !ref $value || $boolean_class{ Scalar::Util::blessed($value) // '' };
}

# _write returns undef if the value has objects in it that are allowed.
sub _write {
    my ( $self, $value, $key, $depth ) = @_;
    return '<undef>true</undef>'   if !defined $value;
    return _scalar( $value, $key ) if !ref $value;
    my $class = Scalar::Util::blessed($value);
    if ( defined $class ) {
        return _typed( $value ? 'true' : 'false', 'boolean' ) if $boolean_class{$class};
        return                                                if $self->{objects}->allowed($class);
        _refuse( $key, "an object of the class $class" );
    }
    _refuse( $key, 'too many nested lists and hashes, or one that contains itself' ) if $depth >= MAX_DEPTH;
    return $self->_list( $value, $key, $depth + 1 )                                  if ref $value eq 'ARRAY';
    return $self->_hash( $value, $key, $depth + 1 )                                  if ref $value eq 'HASH';
    return _refuse( $key, 'a reference to ' . ( ref $value eq 'CODE' ? 'a function' : ref $value ) );
}

sub _list {
    my ( $self, $list, $key, $depth ) = @_;
    my $xml = '<list>';
    for my $item (@$list) {
        my $inner = $self->_write( $item, $key, $depth );
        return if !defined $inner;
        $xml .= "<item>$inner</item>";
    }
    return "$xml</list>";
}

sub _hash {
    my ( $self, $hash, $key, $depth ) = @_;
    my %entries;
    for my $name ( keys %$hash ) {
        my $inner = $self->_write( $hash->{$name}, $key, $depth );
        return if !defined $inner;
        my $text = name_to_xml($name);
        _refuse( $key, 'a hash that has the same name as bytes and as characters' ) if exists $entries{$text};
        $entries{$text} = $inner;
    }

    # The order is always the same, so that equal values have equal XML.
    return join '', '<hash>', ( map { "<entry><key>$_</key>$entries{$_}</entry>" } sort keys %entries ), '</hash>';
}

sub _scalar {
    my ( $value, $key ) = @_;
    _refuse( $key, 'a file handle' )                      if ref \$value eq 'GLOB';
    return _typed( $value ? 'true' : 'false', 'boolean' ) if $is_bool->( $_[0] );
    my $flags = B::svref_2object( \$value )->FLAGS;
    if ( !( $flags & B::SVf_POK ) ) {
        return _integer( $value, $key ) if $flags & B::SVf_IOK;
        return _double( $value, $key )  if $flags & B::SVf_NOK;
    }
    my $text = characters("$value");
    return _binary($value) if !defined $text;
    _require_unicode( $text, $key );
    if ( $text =~ $no_xml ) {
        utf8::encode($text);
        return _binary($text);
    }
    return '<value>' . escape($text) . '</value>';
}

sub _integer {
    my ( $value, $key ) = @_;
    my $text = $value < 0 ? sprintf( '%d', $value ) : sprintf( '%u', $value );
    _refuse( $key, 'a whole number of more than 64 bits' ) if $value > 0 && $value > 9_223_372_036_854_775_807;
    return _typed( $text, 'int' );
}

sub _double {
    my ( $value, $key ) = @_;
    _refuse( $key, 'a number that is not finite' ) if $value != $value || $value - $value != 0;
    my $text = sprintf '%.15g', $value;
    $text = sprintf '%.17g', $value if $text != $value;
    return _typed( $text, 'double' );
}

sub _typed  { return "<value>$_[0]</value><type>$_[1]</type>" }
sub _binary { return '<binary>' . MIME::Base64::encode_base64( $_[0], '' ) . '</binary>' }

sub _refuse {
    my ( $key, $what ) = @_;
    return MemcachedSOAP::Fault->throw( 'RefusedValue', "the value of $key cannot be stored: it has $what" );
}

sub _require_unicode {
    my ( $text, $key ) = @_;
    no warnings 'utf8';
    _refuse( 'a name', 'a character that is not Unicode' ) if $key  =~ $no_unicode;
    _refuse( $key,     'a character that is not Unicode' ) if $text =~ $no_unicode;
    return;
}

# from_xml reads the value of an Entry or an Item.
sub from_xml {
    my ( $self, $node ) = @_;
    my %child;
    for my $child ( $node->childNodes ) {
        my $name = $child->localname;
        $child{$name} = $child if defined $name;
    }
    return $self->_read_scalar( $child{value}->textContent, $child{type} )             if $child{value};
    return $self->_bytes( MIME::Base64::decode_base64( $child{binary}->textContent ) ) if $child{binary};
    if ( my $list = $child{list} ) {
        return [ map { $self->from_xml($_) } elements( $list, 'item' ) ];
    }
    if ( my $hash = $child{hash} ) {
        return { map { $self->entry_from_xml($_) } elements( $hash, 'entry' ) };
    }
    return undef;    ## no critic: it is an element of a list
}

# entry_from_xml returns the name and the value of an Entry.
sub entry_from_xml {
    my ( $self, $entry ) = @_;
    my ($key) = elements( $entry, 'key' );
    my $value = $self->from_xml($entry);
    return ( $self->name_from_xml( $key->textContent ), $value );
}

# elements returns the children with a name.
sub elements {
    my ( $node, $name ) = @_;
    return grep { ( $_->localname // '' ) eq $name } $node->childNodes;
}

sub _read_scalar {
    my ( $self, $text, $type ) = @_;
    return $self->_text($text) if !$type;
    $type = $type->textContent;
    return 0 + $text if $type eq 'int';
    return unpack 'd', pack 'd', $text if $type eq 'double';    # 0 + '3.0' is a whole number to Perl
    return $self->_text($text) if $type ne 'boolean';           # a type that a later service has
    my $true = $text eq 'true' || $text eq '1';
    return !!$true if $self->{booleans} eq 'perl';
    require JSON::PP;
    return $true ? JSON::PP::true() : JSON::PP::false();
}

# _bytes reads an element binary: bytes, or text with characters that XML has not.
sub _bytes {
    my ( $self, $bytes ) = @_;
    if ( $self->{has_objects} && index( $bytes, MemcachedSOAP::Objects::MAGIC ) == 0 ) {
        my $xml   = substr $bytes, length MemcachedSOAP::Objects::MAGIC;
        my $graph = eval { $self->from_xml( parse("<graph>$xml</graph>") ) };
        my ( $restored, $value ) = $self->{objects}->restore($graph);
        return $value if $restored;
    }
    my $text = characters($bytes);
    return defined $text ? $self->_text($text) : $bytes;
}

# _text returns text as the program wants it. Text that is ASCII has no UTF-8 flag, as if a program had written it.
sub _text {
    my ( $self, $text ) = @_;
    utf8::encode($text) if $self->{bytes} || $text !~ /[^\x00-\x7f]/;
    return $text;
}

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Values - Perl values as the session service writes them

=head1 DESCRIPTION

Programs in other languages read the values, so each keeps its kind:

=over 4

=item *

A string with Perl's UTF-8 flag is text: its characters. A string without the flag is bytes; bytes that are UTF-8 are
text, all others are binary. The service and Storable have the same rule. Text is read as characters (with the flag if
it is not ASCII), or as bytes of UTF-8 with C<< text => 'bytes' >>.

=item *

Whole numbers (at most 64 bits) and finite floating-point numbers keep their kind. A string of digits stays text. Before
Perl 5.36 a number that was used as text is text.

=item *

Booleans of Perl 5.36 (C<!!1>, the result of C<==>) and objects of JSON::PP::Boolean, JSON::XS::Boolean,
Types::Serialiser::Boolean and boolean are booleans. They are read as Perl's booleans, or as objects of
JSON::PP::Boolean with C<< booleans => 'json' >>.

=item *

References to arrays and hashes are lists and hashes, at most 1000 levels deep; undef is undef.

=item *

Objects, functions, file handles and other references are refused: the fault C<RefusedValue> names the key.
L<MemcachedSOAP::Objects> stores objects of the classes in C<objects>, for Perl programs only.

=back

=head1 METHODS

=head2 new(%options)

Options: C<text> (C<characters> or C<bytes>), C<booleans> (C<perl> or C<json>), C<objects> (names of classes).

=head2 to_xml($value, $key)

The XML of a value: the elements of an Entry beside its key. Equal values have equal XML. C<$key> is for the fault.

=head2 from_xml($node)

The value of an element of the type Entry or Item.

=head2 entry_from_xml($node)

The name and the value of an element of the type Entry.

=head2 name_from_xml($text)

The name in an element key.

=head1 FUNCTIONS

=head2 parse($xml)

The document element of XML in bytes. It dies with the text of the parser.

=head2 name_to_xml($name)

A name as the content of an element key.

=head2 characters($string)

The characters of a string that is text, else undef.

=head2 escape($text)

Text as the content of an element.

=head2 elements($node, $name)

The child elements with a local name.

=cut
