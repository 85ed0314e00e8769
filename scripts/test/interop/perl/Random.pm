package Random;

# Random sessions with a checksum: the attribute _proof is the MD5 of all other
# attributes. With it a reader can check that the session is as it was written.

use strict;
use warnings;
use utf8;
use Digest::MD5 qw(md5_hex);
use Encode qw(encode_utf8);
use Scalar::Util ();

# With rpc/encoded SOAP, SOAP::Lite confuses text and bytes, an empty hash and an
# empty string, and a reference to a scalar and a hash. It also converts non-ASCII
# keys to bytes. If plain is 1, sessions contain none of these values, and text and
# bytes are equal.
our $plain = 0;

my @words = ( 'dwho', 'Zoë', 'Grüß', '漢字', '😀', '<&>"\']]>', "a\nb", "a\r\nb\tc", '  x ', 'http://x/?a=b&c', '007', '-1', '0' );

# session ID ROUND returns a new random session. srand determines its values.
sub session {
    my ( $id, $round ) = @_;
    my %session = map { key($_) => value(0) } 1 .. 4 + int rand 12;
    $session{shared} = $session{'shared again'} = [ value(1) ];
    @session{ '_session_id', 'round' } = ( $id, $round );
    seal( \%session );
    return \%session;
}

# seal writes the checksum, and proved checks it.
sub seal {
    my ($session) = @_;
    delete $session->{_proof};
    $session->{_proof} = md5_hex( canonical($session) );
    return;
}

sub proved {
    my ($session) = @_;
    my %rest = %$session;
    my $proof = delete $rest{_proof};
    return defined $proof && $proof eq md5_hex( canonical( \%rest ) );
}

sub key {
    my ($number) = @_;
    my @keys = ( "k$number", "a key $number", "<$number&>", $number, "clé$number", "ключ $number" );
    splice @keys, -2 if $plain;
    return $keys[ rand @keys ];
}

sub value {
    my ($depth) = @_;
    my $kind = int rand( $depth < 3 ? 14 : 11 );
    return undef                                                if $kind == 0;
    return ''                                                   if $kind == 1;
    return int( rand 1e6 ) - 500_000                            if $kind == 2;
    return rand(1e3) * 10**( int( rand 30 ) - 20 )              if $kind == 3;    # Storable stores some numbers over 1e15 as integers
    return 9_007_199_254_740_993 + int rand 1e6                 if $kind == 4;
    return rand() < 0.5                                         if $kind == 5;
    return "\xff" . join '', map { chr rand 256 } 1 .. rand 40  if $kind == 6;    # 0xff is never UTF-8
    return chr( rand 32 ) . 'control'                           if $kind == 7;
    return \( 'referred to ' . int rand 100 )                   if $kind == 8 && !$plain;
    return join( ' ', map { $words[ rand @words ] } 1 .. rand 60 ) if $kind == 9;
    return $words[ rand @words ]                                if $kind == 10 || $kind == 8;
    return [ map { value( $depth + 1 ) } 1 .. rand 5 ]          if $kind == 11;
    my %hash = map { key($_) => value( $depth + 1 ) } 1 .. $plain + rand 5;
    return $kind == 12 ? \%hash : bless \%hash, 'My::Object';
}

# canonical returns the same string for values that all programs read alike: a number
# equals its text, and an object or reference equals its content. Text and bytes
# differ.
sub canonical {
    my ($value) = @_;
    return 'u' if !defined $value;
    my $type = Scalar::Util::reftype($value);
    if ( !defined $type ) {
        my $text   = utf8::is_utf8($value);
        my $octets = $text ? encode_utf8($value) : "$value";
        return ( $octets !~ /[^\x00-\x7f]/ || $plain ? 's' : $text ? 't' : 'b' ) . length($octets) . ':' . $octets;
    }
    return canonical($$value) if $type eq 'SCALAR';
    return 'l(' . join( '', map { canonical($_) } @$value ) . ')' if $type eq 'ARRAY';
    my %octets = map { encode_utf8($_) => $_ } keys %$value;
    return 'h(' . join( '', map { length($_) . ':' . $_ . canonical( $value->{ $octets{$_} } ) } sort keys %octets ) . ')';
}

1;
