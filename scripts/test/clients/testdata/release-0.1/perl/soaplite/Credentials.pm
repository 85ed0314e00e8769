# Sends credentials with each request of an LWP::UserAgent. SOAP::Lite, SOAP::WSDL and
# the programs with XML::Compile send their messages with one.
package Credentials;
use strict;
use warnings;
use Encode qw(decode encode_utf8);
use LWP::UserAgent;
use MIME::Base64 qw(encode_base64);

# basic sends a name and a password with the first request already.
sub basic {
    my ( $agent, $name, $password ) = @_;
    $agent->default_header( Authorization => 'Basic ' . encode_base64( encode_utf8("$name:$password"), '' ) );
}

# challenge sends a name and a password only when the service has asked for them. It
# holds for all agents of the program. If the password is wrong, LWP returns the first
# answer of the service, which asks for credentials.
sub challenge {
    my @login = map { encode_utf8($_) } @_;
    no warnings 'redefine';
    *LWP::UserAgent::get_basic_credentials = sub { return @login };
}

# bearer sends a key.
sub bearer {
    my ( $agent, $key ) = @_;
    $agent->default_header( Authorization => "Bearer $key" );
}

# login returns the name and the password that the environment has for the tests.
sub login {
    return split /:/, decode( 'UTF-8', $ENV{SOAP_LOGIN} // '' ), 2;
}

# tls returns the options of IO::Socket::SSL that the environment has for the tests: the
# authority of the service and a client certificate.
sub tls {
    my %files = ( SSL_ca_file => 'AUTHORITY', SSL_cert_file => 'CERTIFICATE', SSL_key_file => 'CERTIFICATE_KEY' );
    return map { $ENV{ $files{$_} } ? ( $_ => $ENV{ $files{$_} } ) : () } keys %files;
}

# from_environment sends the credentials that the environment has for the tests.
sub from_environment {
    my ($agent) = @_;
    my $form = $ENV{CREDENTIALS} // '';
    basic( $agent, login() ) if $form eq 'basic';
    challenge( login() ) if $form eq 'basic-challenge';
    bearer( $agent, $ENV{SOAP_KEY} ) if $form eq 'bearer';
}

1;
