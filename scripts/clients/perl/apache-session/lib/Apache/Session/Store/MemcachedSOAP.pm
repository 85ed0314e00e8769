package Apache::Session::Store::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

use Carp ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Store;

my %is_option = map { $_ => 1 } MemcachedSOAP::Store->option_names;

sub new {
    my ( $class, $session ) = @_;
    my $self = bless {}, $class;
    $self->sessions($session) if $session;    # a wrong option is an error before there is a session to save
    return $self;
}

sub sessions {
    my ( $self, $session ) = @_;
    my $arguments = ref $session ? $session->{args} || {} : {};
    return $self->{sessions} ||= _store($arguments);
}

# _store takes the options of the service. Apache::Session's own begin with a capital letter, and LemonLDAP::NG adds
# some with an underscore.
sub _store {
    my ($arguments) = @_;
    for my $name ( keys %$arguments ) {
        Carp::croak("unknown option $name of the session store") if !$is_option{$name} && $name =~ /\A[a-z]/;
    }
    return MemcachedSOAP::Store->instance( map { $_ => $arguments->{$_} } grep { $is_option{$_} } keys %$arguments );
}

sub insert {
    my ( $self, $session ) = @_;
    my $data = $session->{data};
    $self->{record} = $self->sessions($session)->create( $data->{_session_id} )->fix_id;
    return $self->_write($data);
}

sub update {
    my ( $self, $session ) = @_;
    return $self->insert($session) if !$self->{record};
    return $self->_write( $session->{data} );
}

sub _write {
    my ( $self, $data ) = @_;
    return                                        if eval { $self->{record}->write($data); 1 };
    die 'Object already exists in the data store' if MemcachedSOAP::Fault::is( $@, 'SessionExists' );
    die $@;
}

sub materialize {
    my ( $self, $session ) = @_;
    my $id = $session->{data}{_session_id};
    $self->{record}  = $self->sessions($session)->read($id) or die 'Object does not exist in the data store';
    $session->{data} = $self->{record}->data;
    $session->{data}{_session_id} = $id;
    return;
}

sub remove {
    my ( $self, $session ) = @_;
    my $record = $self->{record};
    if ( $record && ( $record->is_gone || !$record->is_stored ) ) {    # there is nothing to delete any more, or yet
        $record->remove;
        return;
    }
    my $was = $record ? $record->remove : $self->sessions($session)->remove( $session->{data}{_session_id} );
    die 'Object does not exist in the data store' if !$was;
    return;
}

sub rename {    ## no critic: the service calls it so
    my ( $self, $session ) = @_;
    $self->{record} ||= $self->sessions($session)->create->fix_id;
    return $self->{record}->rename;
}

sub close { return }    ## no critic: Apache::Session's name

1;

__END__

=encoding utf8

=head1 NAME

Apache::Session::Store::MemcachedSOAP - stores sessions of Apache::Session in the session service

=head1 SYNOPSIS

    tie %session, 'Apache::Session::Flex', $id, {
        Store => 'MemcachedSOAP', Lock => 'Null', Generate => 'MemcachedSOAP', Serialize => 'MemcachedSOAP',
        url   => $url, prefix => 'shop',
    };

=head1 DESCRIPTION

The store of L<Apache::Session::MemcachedSOAP>, with the methods and errors of L<Apache::Session::Store::File>.

=head1 METHODS

=head2 new, insert, update, materialize, remove, close

As in L<Apache::Session::Store::File>. C<insert> dies with C<Object already exists in the data store>, C<materialize> and
C<remove> with C<Object does not exist in the data store>.

=head2 rename($session)

Gives the session a new id, and returns it.

=head2 sessions($session)

The L<MemcachedSOAP::Store>.

=cut
