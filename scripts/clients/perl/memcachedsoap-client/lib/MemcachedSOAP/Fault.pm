package MemcachedSOAP::Fault;

use strict;
use warnings;

our $VERSION = '1.00';

use Scalar::Util ();

use overload '""' => sub { $_[0]->text }, 'bool' => sub { 1 }, fallback => 1;

sub throw {
    my ( $class, $name, $text, %fields ) = @_;
    die bless { name => $name, text => $text, fields => \%fields }, $class;
}

sub name   { return $_[0]{name} }
sub text   { return $_[0]{text} }
sub field  { return $_[0]{fields}{ $_[1] } }
sub extend { my ( $self, $more ) = @_; $self->{text} .= $more; return $self }

sub is {
    my ( $error, @names ) = @_;
    return 0 if !Scalar::Util::blessed($error) || !$error->isa(__PACKAGE__);    # no eval: the error may be in $@
    return scalar grep { $error->{name} eq $_ } @names;
}

sub is_unavailable { return is( $_[0], 'StoreUnavailable', 'NoAnswer' ) }

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Fault - an error of the session service, or of the way to it

=head1 SYNOPSIS

    my $session = eval { $client->get_session( id => $id ) };
    if ( my $error = $@ ) {
        die $error if !MemcachedSOAP::Fault::is( $error, 'SessionNotFound' );
        ...
    }

=head1 DESCRIPTION

As a string, a fault is a text for people. It contains neither the id nor a value of a session.

=head1 METHODS

=head2 name

The name: C<SessionNotFound>, C<SessionDeleted>, C<SessionExists>, C<InvalidSessionId>, C<VersionConflict>,
C<PayloadTooLarge>, C<UnreadableSession> or C<StoreUnavailable> as in the WSDL, without C<Fault>. C<Denied>: the service
does not know the caller, or the caller lacks a role. C<Client> and C<Server>: other faults of the service. C<NoAnswer>:
there was no answer of the service in time. C<RefusedValue>: a value of the session cannot be stored; the text names its
key.

=head2 text

The text for people.

=head2 field($name)

A field of the fault, such as C<limit> and C<actual> of C<PayloadTooLarge>; undef if it has no such field.

=head2 extend($text)

Appends to the text, and returns the fault.

=head1 FUNCTIONS

=head2 throw($class, $name, $text, %fields)

Dies with a new fault.

=head2 is($error, @names)

Whether an error, which can be anything, is a fault with one of these names.

=head2 is_unavailable($error)

Whether an error says that the service, or its store, did not answer. The outcome of a change is unknown then.

=cut
