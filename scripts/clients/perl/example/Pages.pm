package Pages;

# The pages of the example applications: the same ones for each framework. A framework gives a function that opens the
# session of a request: an object with the methods user, login, logout, exists, get, set, remove and finish.

use strict;
use warnings;

use Cpanel::JSON::XS ();
use MIME::Base64     ();
use Plack::Request   ();
use Time::HiRes      ();

use MemcachedSOAP::Fault;
use MemcachedSOAP::Login;

my $json = Cpanel::JSON::XS->new->utf8->allow_nonref->canonical;

my %page = (
    'GET /whoami' => sub {
        my ($session) = @_;
        my $user = $session->user || {};
        return { uid => $user->{uid}, groups => $user->{groups} || [] };
    },
    'POST /login' => sub {
        my ( $session, $request ) = @_;
        my $uid = text( $request->query_parameters->{uid} );
        $session->login(
            MemcachedSOAP::Login::attributes(
                uid                 => $uid,
                cn                  => "Name of $uid",
                mail                => "$uid\@example.com",
                groups              => [ 'users', 'staff' ],
                authenticationLevel => 2,
            )
        );
        return { uid => $uid };
    },
    'POST /logout' => sub { $_[0]->logout; return {} },
    'GET /get'     => sub {
        my ( $session, $request ) = @_;
        my $key = text( $request->query_parameters->{key} );
        return {
            present => $session->exists($key) ? $json->true : $json->false,
            value   => to_json( $session->get($key) )
        };
    },
    'POST /set' => sub {
        my ( $session, $request ) = @_;
        $session->set( text( $request->query_parameters->{key} ), from_json( $json->decode( $request->content ) ) );
        return {};
    },
    'POST /remove' => sub {
        my ( $session, $request ) = @_;
        $session->remove( text( $request->query_parameters->{key} ) );
        return {};
    },
    'POST /slow' => sub {
        my ( $session, $request ) = @_;
        my $query = $request->query_parameters;
        $session->get( text( $query->{key} ) );
        Time::HiRes::sleep( $query->{ms} / 1000 );
        $session->set( text( $query->{key} ), from_json( $json->decode( $request->content ) ) );
        return {};
    },
    'POST /many' => sub {
        my ( $session, $request ) = @_;
        my $values = $json->decode( $request->content );
        $session->set( $_, from_json( $values->{$_} ) ) for keys %$values;
        return {};
    },
);

# app returns a PSGI application.
sub app {
    my ($open) = @_;
    return sub {
        my ($env)   = @_;
        my $request = Plack::Request->new($env);
        my $name    = $request->method . ' ' . $request->path_info;
        return answer( 200, {} ) if $name eq 'GET /plain';
        my $page    = $page{$name} or return [ 404, [ 'Content-Type' => 'text/plain' ], ["No such page.\n"] ];
        my $session = $open->($request);
        my $content = $page->( $session, $request );
        return $session->finish( answer( 200, $content ) );
    };
}

# guarded returns an application that answers faults of the session service with error pages, for frameworks whose
# adapter does not do that.
sub guarded {
    my ($app) = @_;
    return sub {
        my $response = eval { $app->(@_) };
        return $response if $response;
        my $error = $@;
        my $down  = MemcachedSOAP::Fault::is_unavailable($error);
        my $text  = $down ? 'The session service does not answer.' : "$error";
        utf8::encode($text);
        return [ $down ? 503 : 500, [ 'Content-Type' => 'text/plain; charset=utf-8' ], ["$text\n"] ];
    };
}

sub answer {
    my ( $status, $content ) = @_;
    my @headers = ( 'Content-Type' => 'application/json; charset=utf-8', 'Cache-Control' => 'no-store' );
    return [ $status, \@headers, [ $json->encode($content) ] ];
}

# text returns a parameter of the address as characters.
sub text {
    my ($bytes) = @_;
    utf8::decode( my $text = $bytes // '' );
    return $text;
}

# from_json and to_json: {"base64": …} stands for bytes that are no text.
sub from_json {
    my ($value) = @_;
    return [ map { from_json($_) } @$value ]               if ref $value eq 'ARRAY';
    return $value                                          if ref $value ne 'HASH';
    return MIME::Base64::decode_base64( $value->{base64} ) if keys %$value == 1 && exists $value->{base64};
    return { map { $_ => from_json( $value->{$_} ) } keys %$value };
}

sub to_json {
    my ($value) = @_;
    return [ map { to_json($_) } @$value ]                        if ref $value eq 'ARRAY';
    return { map { $_ => to_json( $value->{$_} ) } keys %$value } if ref $value eq 'HASH';
    return $value if !defined $value || ref $value || utf8::is_utf8($value) || $value !~ /[^\x00-\x7f]/;
    return { base64 => MIME::Base64::encode_base64( $value, '' ) };
}

# options are those of the session store, from the environment.
sub options {
    my ($prefix) = @_;
    return (
        url      => $ENV{SOAP_URL},
        prefix   => $ENV{APP} || $prefix,
        shared   => [ map { text($_) } split /,/, $ENV{SHARED} // '' ],
        booleans => 'json',
        defined $ENV{SOAP_KEY} ? ( key => $ENV{SOAP_KEY} ) : (),
    );
}

1;
