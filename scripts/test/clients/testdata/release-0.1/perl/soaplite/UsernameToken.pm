# The Security header of WS-Security for SOAP::Lite: a name and a password in each
# message.
package UsernameToken;
use strict;
use warnings;
use Digest::SHA qw(sha1);
use Encode qw(encode_utf8);
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);
use SOAP::Lite;

my $WSS      = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-';
my $SECURITY = $WSS . 'wssecurity-secext-1.0.xsd';
my $UTILITY  = $WSS . 'wssecurity-utility-1.0.xsd';
my $TOKEN    = $WSS . 'username-token-profile-1.0#';

# element returns an element that holds a string.
sub element {
    my ( $name, $text, %attributes ) = @_;
    return SOAP::Data->name( $name => $text )->type('string')->attr( \%attributes );
}

# text returns a header with the password itself.
sub text {
    my ( $name, $password ) = @_;
    return header(
        element( 'w:Username' => $name ),
        element( 'w:Password' => $password, Type => $TOKEN . 'PasswordText' ),
    );
}

# digest returns a header with a hash of the password. Each message needs a new one.
sub digest {
    my ( $name, $password ) = @_;
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read $random, my $nonce, 16;
    my $created = strftime( '%Y-%m-%dT%H:%M:%SZ', gmtime );
    my $hash    = encode_base64( sha1( $nonce . $created . encode_utf8($password) ), '' );
    return header(
        element( 'w:Username' => $name ),
        element( 'w:Password' => $hash, Type => $TOKEN . 'PasswordDigest' ),
        element( 'w:Nonce'    => encode_base64( $nonce, '' ) ),
        element( 'u:Created'  => $created ),
    );
}

sub header {
    my $token = SOAP::Data->name( 'w:UsernameToken' => \SOAP::Data->value(@_) );
    my $header = SOAP::Header->name( 'w:Security' => \$token );
    return $header->attr( { 'xmlns:w' => $SECURITY, 'xmlns:u' => $UTILITY } )->mustUnderstand(1);
}

1;
