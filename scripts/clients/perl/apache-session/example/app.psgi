use strict;
use warnings;

use Apache::Session::MemcachedSOAP;
use MemcachedSOAP::Login;
use Pages;
use Plack::Response;

my %options = Pages::options('apache-session');
Pages::guarded( Pages::app( sub { Example->new( $_[0]->cookies->{sessionid} ) } ) );

package Example;

# new opens the session of the cookie, or a new one.
sub new {
    my ( $class, $claimed ) = @_;
    my %session;
    if ( !eval { tie %session, 'Apache::Session::MemcachedSOAP', $claimed, \%options; 1 } ) {
        die $@ if $@ !~ /^(?:Object does not exist|Invalid session ID)/;
        tie %session, 'Apache::Session::MemcachedSOAP', undef, \%options;
    }
    return bless { session => \%session, claimed => $claimed }, $class;
}

sub user { my ($self) = @_; return MemcachedSOAP::Login::user( $self->{session} ) }

sub login {
    my ( $self, %login ) = @_;
    tied( %{ $self->{session} } )->renew_id;
    @{ $self->{session} }{ keys %login } = values %login;
    return;
}

sub logout {
    my ($self) = @_;
    eval { tied( %{ $self->{session} } )->delete; 1 } or $@ =~ /^Object does not exist/ or die $@;
    $self->{ended} = 1;
    return;
}

sub exists { my ( $self, $key ) = @_; return exists $self->{session}{$key} }
sub get    { my ( $self, $key ) = @_; return $self->{session}{$key} }
sub set    { my ( $self, $key, $value ) = @_; $self->{session}{$key} = $value; return }
sub remove { my ( $self, $key ) = @_; delete $self->{session}{$key}; return }

# finish stores the session, and sends the cookie of a session that has something in it.
sub finish {
    my ( $self,    $response ) = @_;
    my ( $session, $id )       = ( $self->{session}, $self->{session}{_session_id} );
    my $empty = keys %$session <= 1;
    tied(%$session)->save;
    return $response if ( $self->{claimed} // '' ) eq $id && !$self->{ended};
    return $response if $empty                            && !$self->{ended};
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
