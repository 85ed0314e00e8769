use strict;
use warnings;
use utf8;

use Test::More;

use CGI::Session;
use CGI::Session::Driver::memcachedsoap;
use MemcachedSOAP::Store;

my $url = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my @log;
my $dsn     = 'driver:memcachedsoap;serializer:memcachedsoap;id:memcachedsoap';
my %options = ( url => $url, prefix => 'shop', timeout => 10, log => sub { push @log, @_ } );
my $whole   = MemcachedSOAP::Store->new( %options, prefix => '' );

sub opened { my ( $id, %more ) = @_; return CGI::Session->new( $dsn, $id // '', { %options, %more } ) }
sub flushed { my ($session) = @_; $session->flush or die $session->errstr; return $session->id }

sub calls {
    my ($code) = @_;
    my @calls;
    my $call = MemcachedSOAP::Client->can('call');
    no warnings 'redefine';
    local *MemcachedSOAP::Client::call = sub { push @calls, $_[1]; return $call->(@_) };
    $code->();
    return "@calls";
}

subtest 'a session' => sub {
    my $session = opened();
    $session->param( uid  => 'zoë' );
    $session->param( cart => ['tea'] );
    my $id   = flushed($session);
    my $data = $whole->read($id)->data;
    is( $data->{uid}, 'zoë', 'a shared name' );
    is_deeply( $data->{'shop/cart'}, ['tea'], 'a private name' );
    ok( !exists $data->{'shop/_SESSION_ID'}, 'the id is not stored again' );
    my $page = opened($id);
    is( $page->id, $id, 'the same session' );
    push @{ $page->param('cart') }, 'cake';
    flushed($page);
    is_deeply( opened($id)->param('cart'), [ 'tea', 'cake' ], 'a change within' );
    is( CGI::Session::Driver::memcachedsoap::user( opened($id) )->{uid}, 'zoë', 'the user' );
    $page = opened($id);
    $page->clear( ['cart'] );
    flushed($page);
    is( opened($id)->param('cart'), undef, 'a removed parameter' );
    $page = opened($id);
    $page->delete;
    $page->flush;
    is( $whole->read($id), undef, 'a deleted session' );
    isnt( opened($id)->id, $id, 'is not begun again under its id' );
};

subtest 'calls' => sub {
    my $id;
    is( calls( sub { opened()->flush } ), '', 'an empty new session is not stored' );
    is( calls( sub { my $s = opened(); $s->param( a => 1 ); $id = flushed($s) } ), 'setSession', 'a new session' );
    sleep 1;    # CGI::Session counts the time of the access in seconds
    is( calls( sub { opened($id)->param('a') } ),      'getSession',                            'a page that reads' );
    is( calls( sub { opened($id)->param( a => 2 ) } ), 'getSession updateSession',              'a page that changes' );
    is( calls( sub { opened($_) for 'deadbeef', '../../etc/passwd', 'A' x 32, 'a' x 65 } ), '', 'wrong ids' );
    my $foreign = $whole->create;
    $foreign->data->{uid} = 'a';
    $foreign->write;
    is( calls( sub { is( opened( $foreign->id )->param('uid'), 'a', 'a session of another application' ) } ),
        'getSession', 'is read' );
    is_deeply( $whole->read( $foreign->id )->data, { uid => 'a' }, 'and left as it is' );
};

subtest 'login and late writers' => sub {
    my $session = opened();
    $session->param( a => 1 );
    my $before = flushed($session);
    my ( $late, $login ) = ( opened($before), opened($before) );
    my $id = CGI::Session::Driver::memcachedsoap::renew_id($login);
    isnt( $id, $before, 'another id' );
    is( $login->id, $id, 'also in the session' );
    $login->param( uid => 'dwho' );
    flushed($login);
    is( opened($id)->param('a'), 1,     'the content' );
    is( $whole->read($before),   undef, 'the former id is worth nothing' );
    $late->param( a => 2 );
    @log = ();
    flushed($late);
    like( "@log", qr/logged out/, 'a late writer is dropped, with a line in the log' );
    unlike( "@log", qr/\Q$before/, 'that has no id' );
    my $new = opened();
    CGI::Session::Driver::memcachedsoap::renew_id($new);
    $new->param( a => 3 );
    is( opened( flushed($new) )->param('a'), 3, 'a session that was never stored' );
};

subtest 'times' => sub {
    my $expires = sub {
        my $session = MemcachedSOAP::Client->new( url => $url )->get_session( id => $_[0] );
        return ( MemcachedSOAP::Values::elements( $session, 'expiresIn' ) )[0]->textContent;
    };
    my $session = opened();
    $session->param( a => 1 );
    $session->expire('+5h');
    my $id = flushed($session);
    cmp_ok( $expires->($id), '>', 5 * 3600, 'the timeout of the session' );
    my $page = opened($id);
    is( $page->expire, 5 * 3600, 'is known to the next page' );
    flushed($page);
    cmp_ok( $expires->($id), '>', 5 * 3600, 'and renewed by it' );
    $page = opened($id);
    $page->expire(0);
    flushed($page);
    is( opened($id)->expire, undef, 'it can be cancelled' );
    $page = opened($id);
    $page->expire( a => '1s' );
    flushed($page);
    sleep 2;
    is( opened($id)->param('a'), undef, 'a parameter with an own end' );
    $page = opened($id);
    $page->expire('-1s');
    flushed($page);
    is( $whole->read($id), undef, 'a session whose time is over is deleted' );
};

subtest 'errors' => sub {
    my $session = opened();
    $session->param( a => 1 );
    my $id = flushed($session);
    $session->param( basket => sub { 1 } );
    ok( !$session->flush, 'a function is refused' );
    like( $session->errstr, qr/basket.*function/, 'with the key' );
    $session->clear( ['basket'] );
    my %down = ( url => 'http://127.0.0.1:9/soap' );
    ok( !opened( $id, %down ), 'the service is down: no session' );
    like( CGI::Session->errstr, qr/no answer/, 'the text' );
    ok( MemcachedSOAP::Fault::is_unavailable( CGI::Session::Driver::memcachedsoap->fault ), 'the fault' );
    my $wrong = CGI::Session->new( 'driver:memcachedsoap;id:memcachedsoap', '', \%options );
    $wrong->param( a => 1 );
    ok( !$wrong->flush, 'another serializer is an error' );
    like( $wrong->errstr, qr/use serializer:memcachedsoap/, 'which says what to do' );
    $wrong->delete;
    ok( !CGI::Session->find( $dsn, sub { }, \%options ), 'find is an error' );
    like( CGI::Session->errstr, qr/does not list sessions/, 'which says why' );
};

done_testing;
