package MemcachedSOAP::Store;

use strict;
use warnings;

our $VERSION = '1.00';

use Carp           ();
use Crypt::URandom ();

use MemcachedSOAP::Client;
use MemcachedSOAP::Fault;
use MemcachedSOAP::Names;
use MemcachedSOAP::Record;
use MemcachedSOAP::Values;

use constant MAX_INSTANCES => 100;    # a program may compute an option

my %default = (
    url         => undef,
    key         => undef,
    user        => undef,
    password    => undef,
    ca_file     => undef,
    timeout     => 2,
    ttl         => 3600,
    lifetime    => undef,
    prefix      => '',
    shared      => [],
    exact       => [],
    objects     => [],
    text        => 'characters',
    booleans    => 'perl',
    store_empty => 0,
    log         => undef,
);

sub option_names { return sort keys %default }

sub new {
    my ( $class, %options ) = @_;
    for my $name ( keys %options ) {
        Carp::croak("unknown option $name of the session store") if !exists $default{$name};
    }
    my $self = bless { %default, %options }, $class;
    _check( $self, 'ttl',      qr/\A(?:-1|[0-9]{1,9})\z/, 'seconds, -1 (the longest time) or 0 (left alone)' );
    _check( $self, 'lifetime', qr/\A[1-9][0-9]{0,8}\z/,   'seconds' );
    _check( $self, 'timeout',  qr/\A(?:[1-9][0-9]*|[0-9]*\.[0-9]*[1-9][0-9]*)\z/, 'seconds' );
    _check( $self, 'text',     qr/\A(?:characters|bytes)\z/,                      'characters or bytes' );
    _check( $self, 'booleans', qr/\A(?:perl|json)\z/,                             'perl or json' );
    _check( $self, 'url',      qr{\Ahttps?://}i,                                  'the address of the service' );

    for my $name (qw(shared exact objects)) {
        Carp::croak("the option $name is not a reference to an array") if ref $self->{$name} ne 'ARRAY';
    }
    $self->{names}          = MemcachedSOAP::Names->new( prefix => $self->{prefix}, shared => $self->{shared} );
    $self->{values}         = MemcachedSOAP::Values->new( map { $_ => $self->{$_} } qw(text booleans) );
    $self->{private_values} = MemcachedSOAP::Values->new( map { $_ => $self->{$_} } qw(text booleans objects) );
    $self->{exact}          = { map { $_ => 1 } @{ $self->{exact} } };
    $self->{client}         = MemcachedSOAP::Client->new( map { defined $self->{$_} ? ( $_ => $self->{$_} ) : () }
            qw(url key user password ca_file timeout) );
    delete @$self{qw(key password)};
    $self->{log} ||= \&_warn;
    return $self;
}

sub _check {
    my ( $self, $name, $form, $expected ) = @_;
    return if !defined $self->{$name} || $self->{$name} =~ $form;
    return Carp::croak("the option $name is not $expected");
}

my %shared_instance;

# instance keeps one store for equal options, so that programs whose framework makes a new object for each request keep
# their connection. A function for the log may be another one each time.
sub instance {
    my ( $class, %options ) = @_;
    my $log       = delete $options{log};
    my $signature = join "\0", map {
        my $value = $options{$_};
        ( $_, ref $value eq 'ARRAY' ? join( "\1", @$value ) : $value // "\2" )
    } sort keys %options;
    %shared_instance = () if keys %shared_instance > MAX_INSTANCES;
    my $self = $shared_instance{"$class\0$signature"} ||= $class->new(%options);
    $self->{log} = $log || \&_warn;
    return $self;
}

sub _warn { warn "session store: $_[0]\n"; return }

sub client { return $_[0]{client} }
sub ttl    { return $_[0]{ttl} }
sub notice { my ( $self, $text ) = @_; $self->{log}->($text); return }

# values_of returns what writes and reads the value of a key: only this application reads its private ones.
sub values_of {
    my ( $self, $key ) = @_;
    return $self->{names}->is_private($key) ? $self->{private_values} : $self->{values};
}

sub new_id { return unpack 'H*', Crypt::URandom::urandom(16) }

sub valid_id {
    my ($id) = @_;
    return defined $id && !ref $id && $id =~ /\A[0-9a-f]{32,64}\z/;
}

sub create {
    my ( $self, $id ) = @_;
    return MemcachedSOAP::Record->new( $self, id => $id // new_id() );
}

sub read {    ## no critic: the name that session stores have for it
    my ( $self, $id ) = @_;
    return if !valid_id($id);
    my $session = eval { $self->{client}->get_session( id => $id, ttl => $self->{ttl} || undef ) };
    if ( my $error = $@ ) {
        return     if MemcachedSOAP::Fault::is( $error,  qw(SessionNotFound SessionDeleted InvalidSessionId) );
        die $error if !MemcachedSOAP::Fault::is( $error, 'UnreadableSession' );
        $self->notice("$error; the user gets a new session");
        return;
    }
    return MemcachedSOAP::Record->new( $self, id => $id )->load($session);
}

sub remove {
    my ( $self, $id ) = @_;
    return !!0 if !valid_id($id);
    my $was = eval { $self->{client}->delete_session( id => $id ) };
    die $@ if $@ && !MemcachedSOAP::Fault::is( $@, 'InvalidSessionId' );
    return !!$was;
}

sub delete_sessions {
    my ( $self, $principal ) = @_;
    return scalar( my @ids = $self->{client}->delete_sessions($principal) );
}

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Store - sessions of a Perl framework in the session service

=head1 SYNOPSIS

    my $store  = MemcachedSOAP::Store->new( url => $url, prefix => 'shop', ttl => 1800 );
    my $record = $store->read( $cookie ) || $store->create;
    my $data   = $record->data;           # a hash
    $data->{cart} = [ 'tea', 2 ];
    $record->write;                       # sends what has changed
    $record->rename;                      # a new id, at a login
    print $record->id;

=head1 DESCRIPTION

What the session handlers of all Perl frameworks share. L<MemcachedSOAP::Record> is one session.

=head1 OPTIONS

=over 4

=item url, key, user, password, ca_file, timeout

The service, see L<MemcachedSOAP::Client>.

=item ttl

The idle timeout in seconds; 3600 by default. Each read and each change lets the session live so long from then. -1 is
the longest time that the service allows. With 0 the expiry of a session is left alone: reading needs only the role
C<read> then.

=item lifetime

The absolute timeout in seconds: the session ends so long after it was created, or after the last login, in any case.
Without it only the idle timeout counts.

=item prefix

What the names of attributes begin with that only this application uses: C<key> is stored as C<prefix/key>. Without it all
names are stored as they are, and the program sees all attributes.

=item shared

Names of attributes that are shared with other applications, beside those of the login: uid, cn, mail, groups,
authenticationLevel, _utime and ipAddr.

=item exact

Names of attributes, such as counters, in which no change of a parallel page may be lost. See L<MemcachedSOAP::Record>.

=item objects

Names of classes whose objects may be stored, see L<MemcachedSOAP::Objects>. Only names with the prefix may have objects.

=item text, booleans

How text and booleans are read, see L<MemcachedSOAP::Values>.

=item store_empty

1: a new session is stored even if it is empty.

=item log

A function that gets a text for the log when a change is dropped or a session cannot be read. By default C<warn>. No
text has an id or a value of a session.

=back

An unknown option and a wrong value are errors.

=head1 METHODS

=head2 new(%options), instance(%options)

A store. C<instance> returns the same store for the same options.

=head2 option_names

The names of all options.

=head2 create($id)

A new session that is not stored yet, with a new id or with this one.

=head2 read($id)

The session with an id, or undef if there is none. An id that is not 32 to 64 of the digits 0 to 9 and a to f is not
sent to the service. It dies with a L<MemcachedSOAP::Fault> if the service does not answer.

=head2 remove($id)

Deletes a session. Returns whether there was one.

=head2 delete_sessions($uid)

Deletes all sessions of a user, in all applications. Returns their number. The caller needs the role that the operation
deleteSessions needs.

=head2 new_id

A new id: 32 hexadecimal digits of the system's random numbers.

=head2 client, ttl

The L<MemcachedSOAP::Client>, and the idle timeout.

=head2 values_of($key)

The L<MemcachedSOAP::Values> for a key of the program.

=head2 notice($text)

Writes to the log.

=head1 FUNCTIONS

=head2 valid_id($id)

Whether an id has the form that this store takes from a cookie.

=cut
