use strict;
use warnings;

use CGI::Session;
use CGI::Session::Driver::memcachedsoap;
use MemcachedSOAP::Fault;
use Pages;
use Plack::Response;

my $dsn     = 'driver:memcachedsoap;serializer:memcachedsoap;id:memcachedsoap';
my %options = Pages::options('cgi-session');
Pages::guarded( Pages::app( sub { Example->new( $_[0]->cookies->{sessionid} ) } ) );

package Example;

# new opens the session of the cookie, or a new one.
sub new {
    my ( $class, $claimed ) = @_;
    my $session = CGI::Session->new( $dsn, $claimed // '', \%options )
        or die CGI::Session::Driver::memcachedsoap->fault;
    return bless { session => $session, claimed => $claimed }, $class;
}

sub user { my ($self) = @_; return CGI::Session::Driver::memcachedsoap::user( $self->{session} ) }

sub login {
    my ( $self, %login ) = @_;
    CGI::Session::Driver::memcachedsoap::renew_id( $self->{session} );
    $self->{session}->param( $_ => $login{$_} ) for keys %login;
    return;
}

sub logout { my ($self) = @_; $self->{session}->delete; $self->{ended} = 1; return }
sub exists { my ( $self, $key ) = @_; return exists $self->{session}->dataref->{$key} }
sub get    { my ( $self, $key ) = @_; return scalar $self->{session}->param($key) }
sub set    { my ( $self, $key, $value ) = @_; $self->{session}->param( $key, $value ); return }
sub remove { my ( $self, $key ) = @_; $self->{session}->clear( [$key] ); return }

# finish stores the session, and sends the cookie of a session that has parameters.
sub finish {
    my ( $self,    $response ) = @_;
    my ( $session, $id )       = ( $self->{session}, $self->{session}->id );
    my $empty = !$self->{ended} && !$session->param;
    $session->flush or die CGI::Session::Driver::memcachedsoap->fault;
    return $response if !$self->{ended} && ( $empty || ( $self->{claimed} // '' ) eq $id );
    $response = Plack::Response->new(@$response);
    $response->cookies->{sessionid} = {
        value    => $id,
        path     => '/',
        httponly => 1,
        samesite => 'Lax',
        $self->{ended} ? ( expires => 1 ) : (),
    };
    return $response->finalize;
}
