package Random;

# Random sessions that carry their own proof: _proof is the MD5 of all other
# attributes. Whoever has read one can tell whether it is as it was written.

use strict;
use warnings;
use utf8;
use Digest::MD5 qw(md5_hex);
use Encode qw(encode_utf8);
use Scalar::Util ();

# SOAP::Lite on its way through rpc/encoded SOAP cannot tell text from bytes,
# an empty hash from an empty string, or a reference to a scalar from a hash,
# and makes bytes of keys that are not ASCII. With plain, sessions hold nothing
# of these, and text and bytes are the same.
our $plain = 0;

my @words = ( 'dwho', 'Zoë', 'Grüß', '漢字', '😀', '<&>"\']]>', "a\nb", "a\r\nb\tc", '  x ', 'http://x/?a=b&c', '007', '-1', '0' );

# session ID TURN returns a new one; srand decides what is in it.
sub session {
    my ( $id, $turn ) = @_;
    my %session = map { key($_) => value(0) } 1 .. 4 + int rand 12;
    $session{shared} = $session{'shared again'} = [ value(1) ];
    @session{ '_session_id', 'turn' } = ( $id, $turn );
    seal( \%session );
    return \%session;
}

# seal writes the proof; proved says whether it holds.
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
    return rand(1e3) * 10**( int( rand 30 ) - 20 )              if $kind == 3;    # Storable makes integers of some over 1e15
    return 9_007_199_254_740_993 + int rand 1e6                 if $kind == 4;
    return rand() < 0.5                                         if $kind == 5;
    return "\xff" . join '', map { chr rand 256 } 1 .. rand 40  if $kind == 6;    # 0xff: never UTF-8
    return chr( rand 32 ) . 'control'                           if $kind == 7;
    return \( 'referred to ' . int rand 100 )                   if $kind == 8 && !$plain;
    return join( ' ', map { $words[ rand @words ] } 1 .. rand 60 ) if $kind == 9;
    return $words[ rand @words ]                                if $kind == 10 || $kind == 8;
    return [ map { value( $depth + 1 ) } 1 .. rand 5 ]          if $kind == 11;
    my %hash = map { key($_) => value( $depth + 1 ) } 1 .. $plain + rand 5;
    return $kind == 12 ? \%hash : bless \%hash, 'My::Object';
}

# canonical is the same for values that are the same to every program on the
# pool: numbers are their text, objects and references their content; text and
# bytes differ.
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
