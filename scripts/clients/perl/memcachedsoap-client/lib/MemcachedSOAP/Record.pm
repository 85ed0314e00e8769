package MemcachedSOAP::Record;

use strict;
use warnings;

our $VERSION = '1.00';

use Time::HiRes ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Login;
use MemcachedSOAP::Values;

use constant TRIES => 3;    # of a change with a condition, and of a new id

sub new {
    my ( $class, $store, %record ) = @_;
    return bless { data => {}, images => {}, %record, store => $store }, $class;
}

sub id        { return $_[0]{id} }
sub data      { return $_[0]{data} }
sub is_stored { return !!$_[0]{stored} }
sub is_gone   { return !!$_[0]{gone} }

sub fix_id { my ($self) = @_; $self->{fixed_id} = 1; return $self }

sub ttl {
    my ( $self, $ttl ) = @_;
    $self->{ttl} = $ttl;
    return $self;
}

# load takes over a session of the service. The images are what its attributes look like as XML: the snapshot with which
# write compares the values, however deep the program changes them.
sub load {
    my ( $self, $session ) = @_;
    my ( $store, $values ) = ( $self->{store}, $self->{store}{values} );
    my ($version)    = MemcachedSOAP::Values::elements( $session, 'version' );
    my ($attributes) = MemcachedSOAP::Values::elements( $session, 'attributes' );
    for my $entry ( MemcachedSOAP::Values::elements( $attributes, 'entry' ) ) {
        my ($name) = MemcachedSOAP::Values::elements( $entry, 'key' );
        my $key = $store->{names}->key( $values->name_from_xml( $name->textContent ) );
        next if !defined $key;
        $self->{data}{$key}   = $store->values_of($key)->from_xml($entry);
        $self->{images}{$key} = $self->_image( $key, $self->{data} );
    }
    @$self{qw(version stored)} = ( $version->textContent, 1 );
    return $self;
}

sub _image {
    my ( $self, $key, $data ) = @_;
    return $self->{store}->values_of($key)->to_xml( $data->{$key}, $key );
}

sub write {    ## no critic: the name that session stores have for it
    my ( $self, $data ) = @_;
    $self->{data} = $data if $data;
    return !!0           if $self->{gone};
    die $self->{unknown} if $self->{unknown};    # destructors of frameworks write again
    my $ttl = $self->{ttl};
    if ( defined $ttl && $ttl <= 0 && $ttl != -1 ) {
        $self->remove;
        return !!1;
    }
    my $change  = $self->_change;
    my $changed = %{ $change->{set} } || @{ $change->{remove} };
    return $self->_create($change) if !$self->{stored} && ( $changed || $self->{store}{store_empty} );
    my $extends = defined $ttl && $ttl != $self->{store}->ttl;    # reading has sent the ttl of the store
    return !!0 if !$self->{stored} || !( $changed || $extends || $self->{new_lifetime} );
    return $self->_update($change);
}

# _change returns what differs from the snapshot: images to set, and keys to remove.
sub _change {
    my ($self) = @_;
    my ( $data, $images, %set ) = @$self{qw(data images)};
    for my $key ( keys %$data ) {
        next if $key eq '_session_id';
        if ( !defined $self->{store}{names}->stored($key) ) {
            MemcachedSOAP::Fault->throw( 'RefusedValue', "the name $key is reserved" );
        }
        my $image = $self->_image( $key, $data );
        $set{$key} = $image if !defined $images->{$key} || $image ne $images->{$key};
    }
    return { set => \%set, remove => [ grep { !exists $data->{$_} } sort keys %$images ] };
}

sub _create {
    my ( $self, $change ) = @_;
    my $store = $self->{store};
    my %set   = %{ $change->{set} };
    if ( $self->{renewed} ) {    # the session of before the login is gone: only the login and what this page stored
        %set = (
            %set,
            map      { $_ => $self->_image( $_, $self->{data} ) }
                grep { exists $self->{data}{$_} } MemcachedSOAP::Login::NAMES()
        );
        delete @{ $self->{data} }{ grep { !exists $set{$_} && $_ ne '_session_id' } keys %{ $self->{data} } };
    }
    for my $try ( 1 .. TRIES ) {
        my $result = $self->_call(
            \%set,
            set_session => attributes => $self->_entries( \%set ),
            ttl         => $self->_ttl,
            lifetime    => $store->{lifetime},
        );
        if ($result) {
            $self->{stored} = 1;
            return $self->_stored( $result, \%set );
        }
        die $@
            if $self->{fixed_id} || $try == TRIES || !MemcachedSOAP::Fault::is( $@, qw(SessionExists SessionDeleted) );
        $self->{id} = $store->new_id;
    }
    return;
}

sub _update {
    my ( $self,  $change ) = @_;
    my ( $store, $set )    = ( $self->{store}, $change->{set} );
    my @exact = grep { $store->{exact}{$_} } keys %$set, @{ $change->{remove} };
    for my $try ( 1 .. TRIES ) {
        my $result = $self->_call(
            $set,
            update_session => set => $self->_entries($set),
            remove         => join( '', map { '<key>' . $self->_name($_) . '</key>' } @{ $change->{remove} } ),
            ttl            => $self->_ttl,
            if_version     => @exact                ? $self->{version}   : undef,
            lifetime       => $self->{new_lifetime} ? $store->{lifetime} : undef,
        );
        return $self->_stored( $result, $set, @{ $change->{remove} } ) if $result;
        my $error = $@;
        return $self->_drop($error)
            if MemcachedSOAP::Fault::is( $error, qw(SessionNotFound SessionDeleted UnreadableSession) );
        die $error if $try == TRIES || !MemcachedSOAP::Fault::is( $error, 'VersionConflict' );
        Time::HiRes::sleep( rand 0.02 * $try );
        my $now = $store->read( $self->{id} ) or return $self->_drop($error);
        $self->_merge( $_, $change, $now, $error ) for @exact;
        $self->{version} = $now->{version};
    }
    return;
}

# _merge repeats the change of an exact attribute on what it is now. Numbers grow by the same difference; another value
# must still be what this page has read.
sub _merge {
    my ( $self, $key, $change, $now, $error ) = @_;
    my ( $before, $mine, $theirs ) = ( $self->{images}{$key}, $change->{set}{$key}, $now->{images}{$key} );
    return if ( $before // '' ) eq ( $theirs // '' );
    my @number = map { _integer($_) } $before, $mine, $theirs;
    die $error->extend("; another page has changed $key, too") if !defined $mine || grep { !defined } @number;
    $self->{data}{$key}   = $number[2] + $number[1] - $number[0];
    $self->{images}{$key} = $theirs;
    $change->{set}{$key}  = $self->_image( $key, $self->{data} );
    return;
}

sub _integer {
    my ($image) = @_;
    return 0 if !defined $image;    # a counter begins with 0
    return $image =~ m{\A<value>(-?[0-9]+)</value><type>int</type>\z} ? $1 : undef;
}

# _call returns undef after a fault of the service, which is in $@. It dies of others.
sub _call {
    my ( $self, $set, $method, %in ) = @_;
    my $result = eval { $self->{store}->client->$method( id => $self->{id}, %in ) };
    return $result        if $result;
    $self->{unknown} = $@ if MemcachedSOAP::Fault::is_unavailable($@);
    if ( MemcachedSOAP::Fault::is( $@, 'PayloadTooLarge' ) ) {
        my ($largest) = sort { length $set->{$b} <=> length $set->{$a} } keys %$set;
        my $sizes = sprintf ' (limit %s bytes, actual %s bytes)', map { $@->field($_) // 'unknown' } qw(limit actual);
        $@->extend( $sizes . ( defined $largest ? "; the largest value of this change is that of $largest" : '' ) );
    }
    return;
}

sub _ttl {
    my ($self) = @_;
    return ( $self->{ttl} // $self->{store}->ttl ) || undef;
}

sub _name { my ( $self, $key ) = @_; return MemcachedSOAP::Values::name_to_xml( $self->{store}{names}->stored($key) ) }

sub _entries {
    my ( $self, $set ) = @_;
    return join '', map { '<entry><key>' . $self->_name($_) . "</key>$set->{$_}</entry>" } sort keys %$set;
}

sub _stored {
    my ( $self, $result, $set, @removed ) = @_;
    delete @{ $self->{images} }{@removed};
    $self->{images} = {} if delete $self->{renewed};
    @{ $self->{images} }{ keys %$set } = values %$set;
    delete $self->{new_lifetime};
    my ($version) = MemcachedSOAP::Values::elements( $result, 'version' );
    $self->{version} = $version->textContent;
    return !!1;
}

sub _drop {
    my ( $self, $error ) = @_;
    $self->{gone} = 1;
    $self->{store}->notice(
        MemcachedSOAP::Fault::is( $error, 'UnreadableSession' )
        ? "$error; the change of a page was dropped"
        : 'a session was logged out or has expired meanwhile; the change of a page was dropped'
    );
    return !!0;
}

sub rename {    ## no critic: the service calls it so
    my ($self) = @_;
    my $store = $self->{store};
    if ( !$self->{stored} ) {
        $self->{id} = $store->new_id;
        return $self->{id};
    }
    $self->{new_lifetime} = defined $store->{lifetime};
    for my $try ( 1 .. TRIES ) {
        my $new_id = $store->new_id;
        my $result = eval { $store->client->rename_session( id => $self->{id}, new_id => $new_id ) };
        if ($result) {
            my ($version) = MemcachedSOAP::Values::elements( $result, 'version' );
            @$self{qw(id version)} = ( $new_id, $version->textContent );
            return $new_id;
        }
        if ( MemcachedSOAP::Fault::is( $@, qw(SessionNotFound SessionDeleted UnreadableSession) ) ) {
            $store->notice('a session was logged out or has expired during a login; the login gets a new session');
            @$self{qw(id stored gone renewed)} = ( $new_id, 0, 0, 1 );
            return $new_id;
        }
        die $@ if $try == TRIES || !MemcachedSOAP::Fault::is( $@, 'SessionExists' );
    }
    return;
}

sub remove {
    my ($self) = @_;
    my $was = $self->{stored} && !$self->{gone} && $self->{store}->remove( $self->{id} );
    @$self{qw(data images gone stored)} = ( {}, {}, 1, 0 );
    return !!$was;
}

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Record - one session

=head1 DESCRIPTION

Pages of one user run at the same time, and no page waits for another. A page changes only the attributes that it has
changed itself: C<write> compares the values with what was read, however deep the change is, and sends the difference.
Attributes of other applications are neither seen nor touched. If two pages change the same attribute, the later one
wins, unless the attribute is C<exact>: then a number grows by both differences, and another value is the fault
C<VersionConflict>. This is tried three times.

A session that was deleted stays deleted: the change of a page that ends after the logout is dropped, with a line in the
log.

=head1 METHODS

=head2 id, data

The id, and the content: a reference to a hash. C<$record-E<gt>id> can change in C<write> and C<rename>.

=head2 is_stored, is_gone

Whether the session is stored at the service; whether it was deleted, or the change of a page was dropped.

=head2 fix_id

From now on the id changes only in C<rename>: if another session has it, C<write> dies with C<SessionExists>. Returns the
record.

=head2 ttl($seconds)

Sets the idle timeout of this session, in place of that of the store; C<write> sends it. With 0 or less, but not -1, C<write> deletes the session.

=head2 write($data)

Sends what has changed, in the content or in another hash in its place. Returns whether it has changed something. A new
session that is empty is not stored (option C<store_empty>). The fault C<RefusedValue> names the key of a value that
cannot be stored, and C<PayloadTooLarge> that of the largest one. If the service did not answer, whether the change was
made is unknown: each further C<write> dies with the same fault. Read the session again to repeat the change.

=head2 rename

Gives the session a new id, and returns it. The content goes over, and the former id is worth nothing at once. If the
session was deleted meanwhile, the next C<write> stores a new one with the login and what this page has set. Call it at
each login; with the option C<lifetime>, the next C<write> begins a new lifetime.

=head2 remove

Deletes the session, and returns whether there was one.

=head2 load($element)

Takes over an element C<getSessionResult>.

=cut
