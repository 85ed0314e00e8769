package CGI::Session::Driver::memcachedsoap;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'CGI::Session::Driver';

use Carp ();

use CGI::Session::Serialize::memcachedsoap;
use MemcachedSOAP::Login;
use MemcachedSOAP::Store;

# Seconds that the service keeps a session longer than CGI::Session, which deletes an expired session itself, and says
# so to the program.
use constant GRACE => 60;

my %is_option    = map { $_ => 1 } MemcachedSOAP::Store->option_names;
my @of_framework = qw(TableName IdColName DataColName);                  # CGI::Session::Driver adds them

sub init {
    my ($self) = @_;
    my @unknown = grep {
        my $name = $_;
        !$is_option{$name} && !grep { $_ eq $name } @of_framework
    } keys %$self;
    Carp::croak("unknown option $unknown[0] of the session driver") if @unknown;    # CGI::Session would hide the text
    my %options = map { $_ => $self->{$_} } grep { $is_option{$_} } keys %$self;
    delete @$self{ keys %$self };
    @$self{qw(store_empty records)} = ( $options{store_empty}, {} );
    $self->{sessions} = MemcachedSOAP::Store->instance(%options);
    return 1;
}

my $last_fault;

sub fault { return $last_fault }

sub _failed {
    my ( $self, $method ) = @_;
    $last_fault = $@;
    return $self->set_error("$method(): $@");
}

sub sessions { return $_[0]{sessions} }

sub retrieve {
    my ( $self, $id ) = @_;
    my $record = eval { $self->{sessions}->read($id) };
    return $self->_failed('retrieve') if $@;
    return 0                          if !$record;
    $self->{records}{$id} = $record;
    my $data    = $record->data;
    my %session = ( _SESSION_CTIME => $data->{_utime} // time, _SESSION_ATIME => time, %$data, _SESSION_ID => $id );
    $session{_SESSION_REMOTE_ADDR} //= $data->{ipAddr} // $ENV{REMOTE_ADDR} // '';
    return CGI::Session::Serialize::memcachedsoap->offer( \%session );
}

sub store {
    my ( $self, $id, $session ) = @_;
    return $self->set_error('store(): use serializer:memcachedsoap with driver:memcachedsoap')
        if ref $session ne 'HASH';
    my $record = $self->{records}{$id} ||= $self->{sessions}->create($id)->fix_id;
    my %data   = %$session;
    delete $data{_SESSION_ID};

    # The time of the last access is needed for the end of the session, or of a parameter. Without one, each page would
    # change the session for nothing. An application that did not begin the session leaves the begin alone.
    delete $data{_SESSION_ATIME} if !$data{_SESSION_ETIME} && !%{ $data{_SESSION_EXPIRE_LIST} || {} };
    delete $data{_SESSION_ETIME} if !defined $data{_SESSION_ETIME};
    if ( $record->is_stored ) {
        for my $name (qw(_SESSION_CTIME _SESSION_REMOTE_ADDR)) {
            delete $data{$name} if !exists $record->data->{$name};
        }
    }
    elsif ( !$self->{store_empty} && !grep { !/\A_SESSION_/ } keys %data ) {
        return 1;
    }
    my $idle = $data{_SESSION_ETIME};
    $record->ttl( $idle > 0 ? $idle + GRACE : 0 ) if defined $idle;
    return 1                                      if eval { $record->write( \%data ); 1 };
    return $self->_failed('store');
}

sub remove {
    my ( $self, $id ) = @_;
    eval { $self->{sessions}->remove($id); 1 } or return $self->_failed('remove');
    delete $self->{records}{$id};
    return 1;
}

sub traverse {
    my ($self) = @_;
    return $self->set_error('traverse(): the session service does not list sessions');
}

sub renew_id {
    my ($session) = @_;
    my ( $self, $id ) = ( $session->_driver, $session->id );
    my $record = delete $self->{records}{$id} || $self->{sessions}->create($id)->fix_id;
    my $new_id = $record->rename;
    $self->{records}{$new_id} = $record;
    $session->dataref->{_SESSION_ID} = $new_id;
    $session->_set_status( CGI::Session::STATUS_MODIFIED() );
    return $new_id;
}

sub user {
    my ($session) = @_;
    return MemcachedSOAP::Login::user( $session->dataref );
}

1;

__END__

=encoding utf8

=head1 NAME

CGI::Session::Driver::memcachedsoap - CGI::Session in the session service, shared with applications in all languages

=head1 SYNOPSIS

    use CGI::Session;

    my $dsn     = 'driver:memcachedsoap;serializer:memcachedsoap;id:memcachedsoap';
    my %options = ( url => 'http://127.0.0.1:8080/soap', prefix => 'shop' );
    my $session = CGI::Session->new( $dsn, $cgi, \%options, { name => 'sessionid' } )
        or die CGI::Session->errstr;                # the service is down: show an error page

    $session->param( cart => [ 'tea', 2 ] );
    CGI::Session::Driver::memcachedsoap::renew_id($session);    # at a login, before the cookie is sent
    $session->flush or die $session->errstr;

=head1 DESCRIPTION

The three parts belong together: driver, serializer and id. The third argument of C<new> and C<load> has the options of
L<MemcachedSOAP::Store>. C<flush> sends only what has changed since the session was read. A new session without
parameters is not stored, so its id is another one on the next page, unless C<store_empty> is 1.

C<< $session->expire >> is the idle timeout of this session in place of the option C<ttl>. The service keeps the session
60 seconds longer, so that C<is_expired> can tell an expired session from an absent one. Parameters with an own end
(C<< $session->expire( name => '1h' ) >>) work, too. They and the timeout of the session cost a change on each page,
because the time of the access must be stored.

C<CGI::Session-E<gt>find> does not work: the service does not list sessions.

=head1 METHODS

=head2 init, retrieve, store, remove, traverse

As in L<CGI::Session::Driver>. Errors are in C<errstr>; a wrong option dies.

=head2 fault

The last error of a driver in this process: a L<MemcachedSOAP::Fault> if it came from the service, else a text. After
C<new> or C<flush> has failed it says whether the service is down (C<MemcachedSOAP::Fault::is_unavailable>).

=head2 sessions

The L<MemcachedSOAP::Store>.

=head1 FUNCTIONS

=head2 renew_id($session)

Gives a CGI::Session a new id, and returns it; the content goes over, and the former id is worth nothing at once. It dies
with a L<MemcachedSOAP::Fault> if that fails.

=head2 user($session)

The user who has logged in at any of the applications, see L<MemcachedSOAP::Login>; undef if nobody has.

=cut
