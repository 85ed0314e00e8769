package MemcachedSOAP::Names;

use strict;
use warnings;

our $VERSION = '1.00';

use Carp ();

use MemcachedSOAP::Login;

my $reserved = qr/\A(?:_session_id|_session_end|_session_kind|_lastSeen)\z|_MD5\z/;

sub new {
    my ( $class, %options ) = @_;
    my @shared = @{ $options{shared} || [] };
    for my $name (@shared) {
        Carp::croak("the name $name is reserved and cannot be shared") if $name =~ $reserved;
    }
    my $prefix = $options{prefix} // '';
    Carp::croak('the option prefix contains a slash') if $prefix =~ m{/};
    return bless {
        prefix => $prefix eq '' ? undef : "$prefix/",
        shared => { map { $_ => 1 } MemcachedSOAP::Login::NAMES(), @shared },
    }, $class;
}

# stored returns the name of the attribute for a key of the program, or undef if the key is reserved.
sub stored {
    my ( $self, $key ) = @_;
    if ( !defined $self->{prefix} ) {
        return $key =~ /\A(?:_session_id|_session_end)\z|_MD5\z/ ? undef : $key;
    }
    return if $key =~ $reserved;
    return $self->{shared}{$key} ? $key : $self->{prefix} . $key;
}

# key returns the key of the program for an attribute, or undef if the program does not see it.
sub key {
    my ( $self, $name ) = @_;
    my $key = $name;
    if ( defined $self->{prefix} && !$self->{shared}{$name} ) {
        return if index( $name, $self->{prefix} ) != 0;
        $key = substr $name, length $self->{prefix};
        return if $self->{shared}{$key};    # it would hide the shared attribute
    }
    return defined $self->stored($key) ? $key : undef;
}

sub is_private { my ( $self, $key ) = @_; return defined $self->{prefix} ? !$self->{shared}{$key} : 1 }

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Names - names of attributes in the session, and in the program

=head1 DESCRIPTION

Attributes of the login and shared ones have the same name in all programs. All others begin with the name of the
application, so that two programs with the same key do not disturb each other. The names C<_session_id>,
C<_session_end>, C<_session_kind> and C<_lastSeen>, and those that end with C<_MD5>, belong to the service and to
LemonLDAP::NG.

Without a name of an application, all names are the same in the session and in the program, and only C<_session_id>,
C<_session_end> and the C<_MD5> names are reserved.

=head1 METHODS

=head2 new(prefix => $name, shared => \@names)

The name of the application, and the names that are shared beside those of the login.

=head2 stored($key)

The name of the attribute for a key of the program; undef if the key is reserved.

=head2 key($name)

The key of the program for an attribute; undef if the program does not see the attribute.

=head2 is_private($key)

Whether only this application uses the key.

=cut
