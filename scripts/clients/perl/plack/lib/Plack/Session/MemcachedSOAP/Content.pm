package Plack::Session::MemcachedSOAP::Content;

use strict;
use warnings;

our $VERSION = '1.00';

# A tied hash which reads the session when the application uses it for the first time.

sub TIEHASH  { my ( $class, $read ) = @_; return bless { read => $read }, $class }
sub _data    { my ($self) = @_; return $self->record->data }
sub record   { my ($self) = @_; return $self->{record} ||= $self->{read}->() }
sub has_read { my ($self) = @_; return defined $self->{record} }

sub FETCH    { my ( $self, $key ) = @_; return $self->_data->{$key} }
sub STORE    { my ( $self, $key, $value ) = @_; $self->_data->{$key} = $value; return }
sub DELETE   { my ( $self, $key ) = @_; return delete $self->_data->{$key} }
sub EXISTS   { my ( $self, $key ) = @_; return exists $self->_data->{$key} }
sub CLEAR    { my ($self) = @_; %{ $self->_data } = (); return }
sub SCALAR   { my ($self) = @_; return scalar %{ $self->_data } }
sub FIRSTKEY { my ($self) = @_; keys %{ $self->_data }; return each %{ $self->_data } }
sub NEXTKEY  { my ($self) = @_; return each %{ $self->_data } }

package Plack::Session::MemcachedSOAP::ID;    ## no critic: it is the id of the content above

# A tied scalar: the id of the session, which is known when the session has been read.

sub TIESCALAR { my ( $class, $content ) = @_; return bless { content => $content }, $class }
sub FETCH     { my ($self) = @_; return $self->{content}->record->id }
sub STORE     { die "the session service makes the ids: set change_id for a new one\n" }

1;

__END__

=encoding utf8

=head1 NAME

Plack::Session::MemcachedSOAP::Content - the content of a session, read when it is used

=head1 DESCRIPTION

C<psgix.session> of L<Plack::Middleware::Session::MemcachedSOAP>: a tied hash. A page that does not use it costs no
call to the service.

=head1 METHODS

=head2 record

The L<MemcachedSOAP::Record>.

=head2 has_read

Whether the session has been read.

=cut
