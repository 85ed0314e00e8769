package CGISessions;

# Reads and stores sessions as a program of MemcachedSOAP.cgi does, with the methods
# of Cache::Memcached.

use strict;
use warnings;
use SOAP::Lite;

# new { servers => [ENDPOINT] }
sub new {
    my ( $class, $options ) = @_;
    my $soap = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy( $options->{servers}[0], keep_alive => 1 );
    return bless { soap => $soap }, $class;
}

sub get {
    my ( $self, $id ) = @_;
    my $session = $self->_call( getSession => $id );
    return ref $session ? $session : undef;
}

sub set {
    my ( $self, $id, $session ) = @_;
    return $self->_call( setSession => %$session ) eq $id;
}

sub disconnect_all { return }

sub _call {
    my ( $self, $method, @arguments ) = @_;
    my $answer = $self->{soap}->call( $method, @arguments );
    die $answer->faultcode . ': ' . $answer->faultstring . "\n" if $answer->fault;
    return $answer->result;
}

1;
