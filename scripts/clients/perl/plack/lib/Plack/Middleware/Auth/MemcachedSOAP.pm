package Plack::Middleware::Auth::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'Plack::Middleware';

use MemcachedSOAP::Login;

sub call {
    my ( $self, $env ) = @_;
    my $session = $env->{'psgix.session'} or die __PACKAGE__ . " needs the middleware of sessions before it\n";
    my $user    = MemcachedSOAP::Login::user($session);
    delete @$env{qw(REMOTE_USER memcachedsoap.groups)};
    if ($user) {
        my $name = $user->{uid};
        utf8::encode($name) if utf8::is_utf8($name);    # PSGI wants bytes
        @$env{qw(REMOTE_USER memcachedsoap.groups)} = ( $name, $user->{groups} );
    }
    return $self->app->($env);
}

1;

__END__

=encoding utf8

=head1 NAME

Plack::Middleware::Auth::MemcachedSOAP - trusts the login that all applications share

=head1 SYNOPSIS

    enable 'Session::MemcachedSOAP', url => $url, prefix => 'shop';
    enable 'Auth::MemcachedSOAP';

=head1 DESCRIPTION

Sets C<REMOTE_USER> to the user who has logged in at any of the applications (the attribute uid, as bytes of UTF-8), and
C<memcachedsoap.groups> to a reference to an array of the user's groups. If nobody has logged in, both are absent, also
if the server had set C<REMOTE_USER>. It reads the session: enable it only for the pages that need the user, for example
with C<enable_if>.

=cut
