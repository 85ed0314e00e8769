package Plack::Session::Store::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'Plack::Session::Store';

use Hash::Util::FieldHash ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Store;

# The records of the hashes that fetch has returned, as long as these live.
Hash::Util::FieldHash::fieldhash my %record_of;

sub new {
    my ( $class, %options ) = @_;
    return bless { sessions => MemcachedSOAP::Store->new(%options) }, $class;
}

sub sessions { return $_[0]{sessions} }

sub fetch {
    my ( $self, $id ) = @_;
    my $record = $self->sessions->read($id) or return;
    $record_of{ $record->data } = $record;
    return $record->data;
}

sub store {
    my ( $self, $id, $session ) = @_;
    my $record = $record_of{$session};
    if ( !$record || $record->id ne $id ) {
        $record = $record_of{$session} = $self->sessions->create($id)->fix_id;
    }
    return if eval { $record->write($session); 1 };
    die $@ if !MemcachedSOAP::Fault::is( $@, 'SessionExists' );

    # The application has put another hash in the place of the one that fetch returned.
    $record = $self->sessions->read($id) or return;
    $record->write($session);
    $record_of{$session} = $record;
    return;
}

sub remove {
    my ( $self, $id ) = @_;
    return $self->sessions->remove($id);
}

1;

__END__

=encoding utf8

=head1 NAME

Plack::Session::Store::MemcachedSOAP - Plack sessions in the session service

=head1 SYNOPSIS

    use MemcachedSOAP::Store;
    use Plack::Session::State::Cookie;
    use Plack::Session::Store::MemcachedSOAP;

    enable 'Session',
        store => Plack::Session::Store::MemcachedSOAP->new( url => $url, prefix => 'shop' ),
        state => Plack::Session::State::Cookie->new(
            session_key   => 'sessionid',
            sid_generator => \&MemcachedSOAP::Store::new_id,
            sid_validator => qr/\A[0-9a-f]{32,64}\z/,
            httponly      => 1,
        );

=head1 DESCRIPTION

A store for L<Plack::Middleware::Session>, or for what has its interface. L<Plack::Middleware::Session::MemcachedSOAP>
does more with one line: it calls the service only for pages that use the session, keeps the content of other
applications when the id changes, sets the cookie only for a stored session, and answers with status 503 if the service
is down. With this store alone a fault dies in the middleware.

=head1 METHODS

=head2 new(%options)

The options of L<MemcachedSOAP::Store>.

=head2 fetch($id), store($id, $session), remove($id)

As in L<Plack::Session::Store>. C<store> sends what has changed since C<fetch>.

=head2 sessions

The L<MemcachedSOAP::Store>.

=cut
