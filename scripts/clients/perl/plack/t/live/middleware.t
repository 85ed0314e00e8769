use strict;
use warnings;
use utf8;

use HTTP::Request::Common qw(GET);
use Plack::Builder;
use Plack::Session;
use Plack::Test;
use Scalar::Util qw(weaken);
use Test::More;
use URI::Escape qw(uri_escape);

use MemcachedSOAP::Store;

my $url = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my @log;
my %common = ( url => $url, prefix => 'shop', timeout => 10, log => sub { push @log, @_ } );
my $store  = MemcachedSOAP::Store->new( %common, prefix => '' );

# calls counts the calls to the service during a function.
sub calls {
    my ($code) = @_;
    my @calls;
    my $call = MemcachedSOAP::Client->can('call');
    no warnings 'redefine';
    local *MemcachedSOAP::Client::call = sub { push @calls, $_[1]; return $call->(@_) };
    $code->();
    return "@calls";
}

# A browser asks an application whose page is a function of the session and $env.
my ( $page, $cookie );
my $respond = sub {
    my ($env) = @_;
    my $got = $page->( Plack::Session->new($env), $env );
    return ref $got ? $got : [ 200, [], [ $got // '' ] ];
};

sub application {
    my (%options) = @_;
    return builder {
        enable 'Session::MemcachedSOAP', %common, %options;
        enable_if { $_[0]{PATH_INFO} ne '/plain' } 'Auth::MemcachedSOAP';
        $respond;
    };
}
my $plain_application = builder { enable 'Session::MemcachedSOAP', %common; $respond };

sub ask {
    my ( $app, $code, %options ) = @_;
    $page = $code;
    my $response =
        Plack::Test->create($app)->request( GET $options{path} // '/', $cookie ? ( Cookie => $cookie ) : () );
    my $set = $response->header('Set-Cookie') // '';
    $cookie = $set =~ /expires=/i && !$options{expires} ? undef : $1 if $set =~ /^(sessionid=[^;]*)/;
    return $response;
}

sub id { return ( $cookie // '' ) =~ /=(.*)/ ? $1 : undef }

subtest 'a session, page by page' => sub {
    $cookie = undef;
    my $response = ask( $plain_application,
        sub { is( $_[0]->get('foo'), undef, 'an empty session' ); $_[0]->set( foo => 'bar' ); 'ok' } );
    is( $response->content, 'ok', 'the page' );
    like(
        $response->header('Set-Cookie'),
        qr/^sessionid=[0-9a-f]{32}; path=\/; SameSite=Lax; HttpOnly$/i,
        'the cookie'
    );
    my $id = id();
    is_deeply( $store->read($id)->data, { 'shop/foo' => 'bar' }, 'what is stored' );
    $response =
        ask( $plain_application, sub { is( $_[0]->id, $id, 'the id' ); $_[0]->set( list => [1] ); $_[0]->get('foo') } );
    is( $response->content,              'bar', 'what the page reads' );
    is( $response->header('Set-Cookie'), undef, 'no cookie when it is the same' );
    ask( $plain_application, sub { push @{ $_[0]->get('list') }, 2; $_[0]->remove('foo'); '' } );
    ask( $plain_application,
        sub { is_deeply( { %{ $_[0]->dump } }, { list => [ 1, 2 ] }, 'a change within, and a removed key' ); '' } );
    ask( $plain_application,
        sub { is_deeply( [ $_[0]->keys ], ['list'], 'keys' ); %{ $_[1]{'psgix.session'} } = ( new => 1 ); '' } );
    ask(
        $plain_application,
        sub { is_deeply( [ $_[0]->keys ], ['new'], 'cleared and filled' ); $_[1]{'psgix.session'} = { other => 2 }; '' }
    );
    ask( $plain_application,
        sub { is_deeply( { %{ $_[0]->dump } }, { other => 2 }, 'another hash in its place' ); '' } );
    is( id(), $id, 'all in the same session' );
    $response = ask( $plain_application, sub { $_[0]->expire; '' } );
    like( $response->header('Set-Cookie'), qr/^sessionid=\Q$id\E;.*expires=/i, 'the cookie is expired' );
    is( $store->read($id), undef, 'the session is deleted' );
    $cookie = "sessionid=$id";
    ask( $plain_application, sub { is( $_[0]->get('other'), undef, 'a new session' ); $_[0]->set( a => 1 ); '' } );
    isnt( id(), $id, 'with another id' );
};

subtest 'calls of a page' => sub {
    $cookie = undef;
    is(
        calls(
            sub {
                ask( application(), sub { '' } );
            }
        ),
        '',
        'a new session that stays empty'
    );
    is( $cookie, undef, 'has no cookie' );
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->set( a => 1 ); '' } );
            }
        ),
        'setSession',
        'a new session'
    );
    is(
        calls(
            sub {
                ask( application(), sub { '' }, path => '/plain' );
            }
        ),
        '',
        'a page without the session'
    );
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->get('a') } );
            }
        ),
        'getSession',
        'a page that reads'
    );
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->set( a => 1 ); '' } );
            }
        ),
        'getSession',
        'a page that sets what is there'
    );
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->set( a => 2 ); '' } );
            }
        ),
        'getSession updateSession',
        'a page that changes'
    );
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->expire; '' } );
            }
        ),
        'getSession deleteSession',
        'a logout'
    );
};

subtest 'cookies that are no ids' => sub {
    for my $claim (
        'x',
        'deadbeef',
        'a' x 31,
        'a' x 65,
        'a' x 6000,
        'g' x 32,
        uc( 'a' x 32 ),
        'a' x 31 . '%00',
        'a' x 32 . '%0a',
        '../../etc/passwd',
        '%C3%A9' x 32,
        '<id>' . 'a' x 28,
        '"',
        '',
        's:' . 'a' x 32
        )
    {
        $cookie = "sessionid=$claim";
        is(
            calls(
                sub {
                    ask( application(), sub { $_[0]->get('a') // '' } );
                }
            ),
            '',
            "nothing is asked for $claim"
        );
    }
    my $forged = '0123456789abcdef' x 2;
    $cookie = "sessionid=$forged";
    ask( application(), sub { isnt( $_[0]->id, $forged, 'an id that is not stored' ); $_[0]->set( a => 1 ); '' } );
    isnt( id(), $forged, 'is not taken over' );
    is( $store->read($forged), undef, 'nothing is stored under it' );
    $cookie = 'sessionid=' . 'ab' x 32;
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->get('a') } );
            }
        ),
        'getSession',
        '64 digits are an id'
    );
};

subtest 'login' => sub {
    $cookie = undef;
    ask( application(), sub { $_[0]->set( cart => ['tea'] ); '' } );
    my $before = id();
    my $others = $store->read($before);
    $others->data->{'other/key'} = 'theirs';
    $others->write;
    my $late = MemcachedSOAP::Store->new(%common)->read($before);
    ask(
        application(),
        sub {
            my ( $session, $env ) = @_;
            is( $env->{REMOTE_USER}, undef, 'nobody has logged in' );
            my %login = MemcachedSOAP::Login::attributes( uid => 'zoë', groups => [ 'users', 'staff' ] );
            $session->set( $_ => $login{$_} ) for keys %login;
            $session->options->{change_id} = 1;
            return '';
        }
    );
    isnt( id(), $before, 'the id is another one' );
    is( $store->read($before), undef, 'the former id is worth nothing' );
    my $data = $store->read( id() )->data;
    is_deeply( [ @$data{qw(uid other/key)} ], [ 'zoë', 'theirs' ], 'the content of all goes over' );
    is_deeply( $data->{'shop/cart'},          ['tea'],             'and that of this application' );
    ask(
        application(),
        sub {
            is( $_[1]{REMOTE_USER}, "zo\xc3\xab", 'REMOTE_USER has bytes of UTF-8' );
            is_deeply( $_[1]{'memcachedsoap.groups'}, [ 'users', 'staff' ], 'groups' );
            '';
        }
    );
    my $kept = $cookie;
    $cookie = undef;
    my $spoofed = sub { my ($env) = @_; $env->{REMOTE_USER} = 'root'; return application()->($env) };
    ask( $spoofed, sub { is( $_[1]{REMOTE_USER}, undef, 'REMOTE_USER of the server does not count' ); '' } );
    $cookie = $kept;
    my $again = id();
    ask( application(), sub { $_[0]->options->{change_id} = 1; '' } );
    isnt( id(), $again, 'a page that only changes the id' );
    $late->data->{cart} = [];
    ok( !$late->write, 'a late writer of the former id is dropped' );
    $cookie = undef;
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->set( uid => 'a' ); $_[0]->options->{change_id} = 1; '' } );
            }
        ),
        'setSession',
        'a login without a session'
    );
};

subtest 'a page that ends after the logout' => sub {
    $cookie = undef;
    ask( application(), sub { $_[0]->set( a => 1 ); '' } );
    my $id = id();
    @log = ();
    my $response = ask( application(), sub { $_[0]->get('a'); $store->remove($id); $_[0]->set( a => 2 ); 'done' } );
    is( $response->code,    200,    'is shown' );
    is( $response->content, 'done', 'as it is' );
    is( $store->read($id),  undef,  'the session stays deleted' );
    like( "@log", qr/logged out/, 'the log says so' );
    unlike( "@log", qr/\Q$id/, 'without the id' );
};

subtest 'what cannot be stored' => sub {
    $cookie = undef;
    ask( application(), sub { $_[0]->set( a => 1 ); '' } );
    for my $case ( [ basket => bless {}, 'Some::Class' ],
        [ image => join '', map { sprintf '%x', rand 1e9 } 1 .. 400_000 ] )
    {
        my ( $key, $value ) = @$case;
        my $response = ask( application(), sub { $_[0]->set( $key => $value ); 'done' } );
        is( $response->code, 500, "$key: an error page" );
        like( $response->content, qr/\Q$key/, 'names the key' );
        unlike( $response->content, qr/done/, 'and is no answer of the page' );
        my $parts = sub { my ($env) = @_; my $app = $plain_application; return $app->($env) };
        $response = ask(
            $parts,
            sub {
                my ($session) = @_;
                $session->set( $key => $value );
                return sub { my $writer = $_[0]->( [ 200, [] ] ); $writer->write('part') for 1 .. 2; $writer->close };
            }
        );
        is( $response->code, 500, 'also for a response in parts' );
        like( $response->content, qr/\A[^\n]*\Q$key\E[^\n]*\n\z/, 'of which only the error is sent' );
    }
    ask( application(), sub { is( $_[0]->get('a'), 1, 'the session is as it was' ); '' } );
};

subtest 'the service is down' => sub {
    $cookie = undef;
    ask( application(), sub { $_[0]->set( a => 1 ); '' } );
    my $kept     = $cookie;
    my %down     = ( url => 'http://127.0.0.1:9/soap' );
    my $response = ask( application(%down), sub { $_[0]->get('a'); 'done' } );
    is( $response->code, 503, 'a page that reads is an error page' );
    unlike( $response->content, qr/done/, 'and no answer' );
    ok( $response->header('Retry-After'), 'that says when to try again' );
    $response = ask(
        application(%down),
        sub {
            eval { $_[0]->get('a') };
            'empty?';
        },
        path => '/plain'
    );
    is( $response->code, 503, 'also if the application catches the error' );
    $response = ask( application(%down), sub { 'plain' }, path => '/plain' );
    is( $response->code, 200, 'a page without the session works' );
    $response = ask( application(%down), sub { $_[0]->get('a'); $_[0]->expire; '' } );
    is( $response->code, 503, 'a logout is an error' );
    my $public = sub {
        my ($session) = @_;
        is( $session->get('a'), undef, 'an empty session' );
        $session->set( b => 1 );
        'public';
    };
    for my $anonymous ( 1, qr{^/plain}, sub { $_[0]{PATH_INFO} eq '/plain' } ) {
        $response = ask( application( %down, anonymous => $anonymous ), $public, path => '/plain' );
        is( $response->content,              'public', 'a public page goes on' );
        is( $response->header('Set-Cookie'), undef,    'and stores nothing' );
    }
    $response = ask( application( %down, anonymous => qr{^/plain} ), sub { $_[0]->get('a') } );
    is( $response->code, 503, 'others do not' );
    $response = ask( application( %down, on_error => sub { [ 503, [], [ 'own: ' . $_[1]->name ] ] } ),
        sub { $_[0]->get('a') } );
    is( $response->content, 'own: NoAnswer', 'an own error page' );
    is( $cookie,            $kept,           'the cookie is kept' );
    ask( application(), sub { is( $_[0]->get('a'), 1, 'and the session' ); '' } );
    $cookie   = undef;
    $response = ask( application(%down), sub { $_[0]->set( a => 1 ); '' } );
    is( $response->code, 503,   'a new session cannot be stored' );
    is( $cookie,         undef, 'so there is no cookie' );
};

subtest 'errors of the application' => sub {
    $cookie = undef;
    ask( application(), sub { $_[0]->set( a => 1 ); '' } );
    my $response = ask( application(), sub { $_[0]->set( a => 2 ); die "own error\n" } );
    is( $response->code, 500, 'are not ours' );
    like( $response->content, qr/own error/, 'and are shown' );
    ask( application(), sub { is( $_[0]->get('a'), 1, 'nothing is stored' ); '' } );
};

subtest 'options of a request and of the cookie' => sub {
    $cookie = undef;
    ask( application(), sub { $_[0]->set( a => 1 ); '' } );
    is(
        calls(
            sub {
                ask( application(), sub { $_[0]->set( a => 2 ); $_[0]->options->{no_store} = 1; '' } );
            }
        ),
        'getSession',
        'no_store'
    );
    ask( $plain_application, sub { $_[0]->set( a => 3 ); $_[0]->options->{late_store} = 1; '' } );
    ask( application(), sub { is( $_[0]->get('a'), 3, 'late_store' ); '' } );
    my $response = ask( application( expires => 600 ), sub { $_[0]->get('a') }, expires => 1 );
    like( $response->header('Set-Cookie'), qr/expires=/, 'a cookie with an expiry is sent again' );
    ok( !eval { application( colour => 1 ); 1 }, 'an unknown option is an error' );
    like( $@, qr/colour/, 'which names it' );
    $cookie   = undef;
    $response = ask( application( cookie => 'sid', domain => 'example.com', secure => 1, path => '/shop' ),
        sub { $_[0]->set( a => 1 ); '' } );
    like(
        $response->header('Set-Cookie'),
        qr/^sid=.*; domain=example.com; path=\/shop; SameSite=Lax; secure; HttpOnly$/i,
        'the cookie'
    );
    ok( !eval { Plack::Session::MemcachedSOAP::ID->STORE; 1 }, 'an application cannot choose an id' );
};

subtest 'nothing is kept after a request' => sub {
    my $kept;
    my $app = application();
    $cookie = undef;
    ask( $app, sub { $_[0]->set( a => 1 ); weaken( $kept = $_[0]->session ); '' } );
    is( $kept, undef, 'the session is freed' );
    ask( $plain_application, sub { weaken( $kept = $_[0]->session ); '' } );
    is( $kept, undef, 'also one that was not used' );
};

done_testing;
