package Apache::Session::Memorycached;

# A stand-in for the module of this name, version 2.2.1, which no registry has. It
# stores what that one stores, in the same two tiers:
#
#   servers     addresses of the memcached servers that hold the sessions
#   local       addresses of servers near the program that hold copies of them
#   timeout     time to live in seconds; 0 or none: the sessions never expire
#   principal   name of the attribute by whose MD5 the newest session of a user is found
#   updateOnly  1: the first save is an update, without a placeholder before it
#
# A session is a hash that Cache::Memcached freezes: flags 1, and the id as the key.

use strict;
use warnings;
use parent 'Apache::Session';
use Apache::Session::Generate::MD5;
use Apache::Session::Lock::Null;

our $VERSION = '2.2.1';

sub populate {
    my $self = shift;
    $self->{object_store} = Apache::Session::Memorycached::Store->new( $self->{args} );
    $self->{lock_manager} = Apache::Session::Lock::Null->new($self);
    $self->{generate}     = \&Apache::Session::Generate::MD5::generate;
    $self->{validate}     = \&Apache::Session::Generate::MD5::validate;
    $self->{serialize}    = $self->{unserialize} = sub { };    # Cache::Memcached does it
    return $self;
}

package Apache::Session::Memorycached::Store;

use strict;
use warnings;
use Cache::Memcached;
use Digest::MD5 qw(md5_hex);

sub new {
    my ( $class, $args ) = @_;
    my %tiers = map { $_ => Cache::Memcached->new( { servers => $args->{$_} } ) }
      grep { @{ $args->{$_} || [] } } qw(servers local);
    return bless { args => $args, %tiers }, $class;
}

# tiers returns the tiers in the order of writes.
sub tiers {
    my $self = shift;
    return grep { defined } @$self{qw(servers local)};
}

sub timeout { return int( shift->{args}{timeout} || 0 ) }

sub insert {
    my ( $self, $session ) = @_;
    return if ( $self->{args}{updateOnly} || 0 ) == 1;
    for my $tier ( $self->tiers ) {
        my @item = ( $session->{data}{_session_id}, $session->{data}, $self->timeout );
        $tier->set(@item) or $tier->set(@item);
    }
    return;
}

# update writes the lookup key before the session, in each tier. Failures are ignored.
sub update {
    my ( $self, $session ) = @_;
    my $data = $session->{data};
    my $name = $self->{args}{principal};
    for my $tier ( $self->tiers ) {
        if ( defined $name ) {
            my $user = $data->{$name} // '';
            my $key  = md5_hex($user);
            $tier->set( $key, $data->{_session_id}, $self->timeout );
            $data->{"${name}_MD5"} = $key;
        }
        $tier->set( $data->{_session_id}, $data, $self->timeout );
    }
    return;
}

# materialize asks the near servers first. A placeholder there, which has the id only,
# is none.
sub materialize {
    my ( $self, $session ) = @_;
    my $id = $session->{data}{_session_id};
    if ( my $near = $self->{local} ) {
        my $data = $near->get($id);
        return $session->{data} = $data if $data && keys %$data >= 2;
    }
    my $data = $self->{servers}->get($id);
    $self->{local}->set( $id, $data, $self->timeout ) if $data && $self->{local};
    $session->{data} = $data;
    return;
}

# remove deletes the lookup key that the session names, whatever that leads to.
sub remove {
    my ( $self, $session ) = @_;
    my $data = $session->{data};
    my $name = $self->{args}{principal};
    for my $tier ( $self->tiers ) {
        $tier->delete( $data->{"${name}_MD5"} ) if defined $name && defined $data->{"${name}_MD5"};
        $tier->delete( $data->{_session_id} );
    }
    return;
}

1;
