package Plack::Middleware::Session::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'Plack::Middleware::Session';

use Plack::Session::State::Cookie;
use Plack::Session::MemcachedSOAP::Content;
use Plack::Util;
use Scalar::Util ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Store;

my %cookie_default = (
    cookie   => 'sessionid',
    path     => '/',
    httponly => 1,
    samesite => 'Lax',
    domain   => undef,
    secure   => undef,
    expires  => undef
);

sub prepare_app {
    my ($self) = @_;
    my %options = map { exists $self->{$_} ? ( $_ => delete $self->{$_} ) : () } MemcachedSOAP::Store->option_names;
    $self->{store} ||= MemcachedSOAP::Store->new(%options);
    my %cookie = ( %cookie_default, map { $_ => delete $self->{$_} } grep { exists $self->{$_} } keys %cookie_default );
    $self->{state} ||= Plack::Session::State::Cookie->new(
        session_key   => delete $cookie{cookie},
        sid_generator => sub { MemcachedSOAP::Store::new_id() },
        sid_validator => qr/\A[0-9a-f]{32,64}\z/,
        map { $_ => $cookie{$_} } grep { defined $cookie{$_} } keys %cookie,
    );
    my @unknown = grep { !/\A(?:app|store|state|anonymous|on_error)\z/ } keys %$self;
    die "unknown option $unknown[0] of ", __PACKAGE__, "\n" if @unknown;
    return;
}

sub call {
    my ( $self, $env ) = @_;
    my $page    = { claimed => scalar $self->state->extract($env) };
    my @request = ( $env, $page );
    Scalar::Util::weaken($_) for @request;    # they refer to the content
    my $content = tie my %session, 'Plack::Session::MemcachedSOAP::Content', sub { $self->_read(@request) };
    @$page{qw(content session)} = ( $content, \%session );
    my %options;
    tie $options{id}, 'Plack::Session::MemcachedSOAP::ID', $content;
    @$env{qw(psgix.session psgix.session.options)} = ( \%session, \%options );

    my $response = eval { $self->app->($env) };
    if ( my $error = $@ ) {
        die $error if !MemcachedSOAP::Fault::is_unavailable($error) && !$page->{fault};
        $response = $self->_error( $env, $page->{fault} // $error );
        $page->{answered} = 1;
    }
    return $self->response_cb( $response, sub { $self->_end( $env, $page, $_[0] ) } );
}

sub _read {
    my ( $self, $env, $page ) = @_;
    die "the request has ended, and it has not read the session\n" if !$page;
    die $page->{fault}                                             if $page->{fault};
    my $record = eval { $self->store->read( $page->{claimed} ) };
    if ( my $error = $@ ) {
        if ( MemcachedSOAP::Fault::is_unavailable($error) && $self->_is_public($env) ) {
            $page->{never_store} = 1;
        }
        else {
            $page->{fault} = $error;
            die $error;
        }
    }
    return $record || $self->store->create;
}

sub _is_public {
    my ( $self, $env ) = @_;
    my $anonymous = $self->{anonymous} // return 0;
    return $anonymous->($env) if ref $anonymous eq 'CODE';
    return ref $anonymous ? $env->{PATH_INFO} =~ $anonymous : $anonymous;
}

# _end stores the session before the begin of the response is sent.
sub _end {
    my ( $self, $env, $page, $response ) = @_;
    return if $page->{answered};
    my $fault = $page->{fault};    # the application may have answered with a page for an empty session
    return if $fault && $response->[0] >= 500;
    $fault //= eval { $self->_save( $env, $page, $response ); 1 } ? undef : $@;
    return if !defined $fault;
    my $error = $self->_error( $env, $fault );
    push @{ $error->[1] }, _cookies( $response->[1] );

    if ( @$response == 3 ) {
        @$response = @$error;
        return;
    }
    @$response[ 0, 1 ] = @$error[ 0, 1 ];    # a response that is sent in parts: only the error is sent
    my $text = join '', @{ $error->[2] };
    return sub {
        return if !defined $_[0];
        my $part = $text;
        $text = '';
        return $part;
    };
}

sub _cookies {
    my ($headers) = @_;
    my @cookies;
    Plack::Util::header_iter( $headers, sub { push @cookies, @_ if lc $_[0] eq 'set-cookie' } );
    return @cookies;
}

sub _save {
    my ( $self, $env, $page, $response ) = @_;
    my ( $content, $options ) = ( $page->{content}, $env->{'psgix.session.options'} );
    return $self->_expire( $page, $options, $response ) if $options->{expire};
    my $replaced = $env->{'psgix.session'} != $page->{session} ? $env->{'psgix.session'} : undef;
    return if !$content->has_read && !$replaced && !$options->{change_id};
    my $record = $content->record;
    return          if $page->{never_store};
    $record->rename if $options->{change_id};
    $self->_send_cookie( $page, $options, $response );
    return                                                        if $options->{no_store};
    return $self->_save_late( $env, $page, $response, $replaced ) if $options->{late_store};
    $record->write( $replaced ? {%$replaced} : () );
    return $self->_send_cookie( $page, $options, $response );
}

# _save_late stores the session after the response. The cookie must be in the response, so a session that has something
# in it gets one before it is stored.
sub _save_late {
    my ( $self, $env, $page, $response, $replaced ) = @_;
    my ( $record, $options ) = ( $page->{content}->record, $env->{'psgix.session.options'} );
    my $content = $replaced ? {%$replaced} : $record->data;
    $record->fix_id;
    $self->_send_cookie( $page, $options, $response, scalar %$content );
    my $end = sub {
        eval { $record->write($content); 1 } or $self->store->notice("a change after the response was lost: $@");
    };
    if ( $env->{'psgix.cleanup'} ) {
        push @{ $env->{'psgix.cleanup.handlers'} }, $end;
        return;
    }
    require Plack::Session::Cleanup;
    $env->{'psgix.session.cleanup'} = Plack::Session::Cleanup->new($end);
    return;
}

sub _expire {
    my ( $self, $page, $options, $response ) = @_;
    my $id = $page->{claimed} // return;
    $self->store->remove($id);
    my %options = %$options{ grep { $_ ne 'id' } keys %$options };
    $self->state->expire_session_id( $id, $response, \%options );
    return;
}

# _send_cookie sets the cookie if the browser has not got this id, or if the cookie has an expiry to renew.
sub _send_cookie {
    my ( $self, $page, $options, $response, $will_be_stored ) = @_;
    my $record = $page->{content}->record;
    return if !( $record->is_stored || $will_be_stored ) || $record->is_gone;
    my $id = $record->id;
    return if ( $page->{sent} // '' ) eq $id;
    my %options = %$options{ grep { $_ ne 'id' } keys %$options };
    my $expires = exists $options{expires} || defined $self->state->expires;
    return if ( $page->{claimed} // '' ) eq $id && !$expires;
    $page->{sent} = $id;
    $self->state->finalize( $id, $response, \%options );
    return;
}

sub _error {
    my ( $self, $env, $error ) = @_;
    die $error if !Scalar::Util::blessed($error) || !$error->isa('MemcachedSOAP::Fault');    # it is not ours
    my $down = MemcachedSOAP::Fault::is_unavailable($error);
    $self->store->notice("$error");
    return $self->{on_error}->( $env, $error ) if $self->{on_error};
    my $shown = MemcachedSOAP::Fault::is( $error, qw(RefusedValue PayloadTooLarge VersionConflict) );
    my $text  = $down ? 'The session service does not answer. Try again later.' : $shown ? "$error" : 'Session error.';
    utf8::encode($text);
    my @headers = ( 'Content-Type' => 'text/plain; charset=utf-8', 'Cache-Control' => 'no-store' );
    push @headers, 'Retry-After' => $error->field('retryAfter') // 1 if $down;
    return [ $down ? 503 : 500, \@headers, ["$text\n"] ];
}

1;

__END__

=encoding utf8

=head1 NAME

Plack::Middleware::Session::MemcachedSOAP - Plack sessions that applications in all languages share

=head1 SYNOPSIS

    use Plack::Builder;
    use Plack::Session;

    builder {
        enable 'Session::MemcachedSOAP', url => 'http://127.0.0.1:8080/soap', prefix => 'shop';
        sub {
            my $session = Plack::Session->new(shift);
            $session->set( visits => 1 + ( $session->get('visits') // 0 ) );
            ...
        };
    };

=head1 DESCRIPTION

It takes the place of L<Plack::Middleware::Session>, with the same C<psgix.session> and C<psgix.session.options>
(C<change_id>, C<expire>, C<no_store>, C<late_store> and those of the cookie). What differs:

=over 4

=item *

The session is read when the application uses it for the first time. A page without it costs no call, a page that only
reads costs one, and a page that changes something costs two.

=item *

A new session is stored, and gets a cookie, only when it has content.

=item *

C<change_id> gives the session a new id without a gap, with the content of all applications. Set it at each login.

=item *

If the service does not answer, the response is status 503; nobody gets an empty session. If a value cannot be stored,
the response is status 500, with a text that names the key.

=back

=head1 OPTIONS

Those of L<MemcachedSOAP::Store>, and:

=over 4

=item cookie, path, domain, secure, httponly, samesite, expires

The cookie: its name is C<sessionid>, its path C</>; it is C<HttpOnly> and C<SameSite=Lax>. C<expires> is in seconds;
without it the cookie lives as long as the browser.

=item anonymous

Which pages go on with an empty session, which is never stored, while the service is down: a regular expression for
C<PATH_INFO>, a function that gets C<$env>, or 1 for all pages.

=item on_error

A function that gets C<$env> and a L<MemcachedSOAP::Fault>, and returns a response.

=item store, state

A L<MemcachedSOAP::Store> and a L<Plack::Session::State::Cookie> in place of those that the options describe.

=back

=cut
