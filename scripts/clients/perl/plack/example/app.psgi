use strict;
use warnings;

use Pages;
use Plack::Builder;
use Plack::Session;

builder {
    enable 'Session::MemcachedSOAP', Pages::options('plack');
    enable_if { $_[0]{PATH_INFO} eq '/whoami' } 'Auth::MemcachedSOAP';
    Pages::app( sub { Example->new( $_[0]->env ) } );
};

package Example;

sub new { my ( $class, $env ) = @_; return bless { env => $env, session => Plack::Session->new($env) }, $class }

sub user {
    my ($self) = @_;
    my ( $name, $groups ) = @{ $self->{env} }{qw(REMOTE_USER memcachedsoap.groups)};
    return defined $name ? { uid => Pages::text($name), groups => $groups } : undef;
}

sub login {
    my ( $self, %login ) = @_;
    $self->{session}->set( $_ => $login{$_} ) for keys %login;
    $self->{session}->options->{change_id} = 1;
    return;
}

sub logout { my ($self) = @_; return $self->{session}->expire }
sub exists { my ( $self, $key )         = @_; return exists $self->{session}->session->{$key} }
sub get    { my ( $self, $key )         = @_; return $self->{session}->get($key) }
sub set    { my ( $self, $key, $value ) = @_; return $self->{session}->set( $key, $value ) }
sub remove { my ( $self, $key )         = @_; return $self->{session}->remove($key) }
sub finish { my ( $self, $response )    = @_; return $response }
