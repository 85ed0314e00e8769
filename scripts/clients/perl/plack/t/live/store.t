use strict;
use warnings;
use utf8;

# The cases of the tests of Plack's own stores (TestSession), with Plack's own middleware.

use HTTP::Request::Common qw(GET);
use Plack::Builder;
use Plack::Session;
use Plack::Session::State::Cookie;
use Plack::Test;
use Test::More;

use MemcachedSOAP::Store;
use Plack::Session::Store::MemcachedSOAP;

my $url   = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my $store = Plack::Session::Store::MemcachedSOAP->new( url => $url, prefix => 'shop', timeout => 10, log => sub { } );
my $state = Plack::Session::State::Cookie->new(
    session_key   => 'sessionid',
    sid_generator => \&MemcachedSOAP::Store::new_id,
    sid_validator => qr/\A[0-9a-f]{32,64}\z/,
);

my $page;
my $app = Plack::Test->create(
    builder {
        enable 'Session', store => $store, state => $state;
        sub { my ($env) = @_; $page->( Plack::Session->new($env), $env ); return [ 200, [], [] ] };
    }
);

# visit asks for a page with a session id, and returns the id of the cookie.
sub visit {
    my ( $id, $code ) = @_;
    $page = $code;
    my $response = $app->request( GET '/', defined $id ? ( Cookie => "sessionid=$id" ) : () );
    is( $response->code, 200, 'the page is shown' );
    return $response->header('Set-Cookie') =~ /^sessionid=(\w*)/ ? $1 : undef;
}

my $first = visit(
    undef,
    sub {
        my ($s) = @_;
        is( $s->get('foo'), undef, 'no value is stored' );
        $s->set( foo => 'bar' );
        is( $s->get('foo'), 'bar', 'the value is there' );
        $s->set( bar => 'baz' );
        is_deeply( $s->dump, { foo => 'bar', bar => 'baz' }, 'the whole session' );
    }
);
my $second = visit(
    undef,
    sub {
        my ($s) = @_;
        is( $s->get('foo'), undef, 'another session is empty' );
        $s->set( foo => 'baz' );
    }
);
isnt( $second, $first, 'it has another id' );
is(
    visit(
        $first,
        sub {
            my ($s) = @_;
            is( $s->id,         $first, 'the id' );
            is( $s->get('foo'), 'bar',  'the value of the first session' );
            $s->remove('foo');
            is( $s->get('foo'), undef, 'it is removed' );
        }
    ),
    $first,
    'the same id'
);
visit( $second, sub { is( $_[0]->get('foo'), 'baz', 'the value of the second session' ) } );
visit(
    $first,
    sub {
        my ($s) = @_;
        is( $s->get('foo'), undef, 'it stays removed' );
        $s->set( baz => 'gorch' );
        is_deeply( $s->dump, { bar => 'baz', baz => 'gorch' }, 'the whole session' );
    }
);
visit(
    $first,
    sub {
        my ($s) = @_;
        is( $s->get('bar'), 'baz', 'the value is kept' );
        $s->expire;
        is_deeply( $s->dump, {}, 'the session is empty' );
    }
);
isnt(
    visit(
        $first,
        sub {
            my ($s) = @_;
            isnt( $s->id, $first, 'a new id after the end' );
            is_deeply( $s->dump, {}, 'and nothing of before' );
        }
    ),
    $first,
    'also in the cookie'
);
visit( $second, sub { is_deeply( $_[0]->dump, { foo => 'baz' }, 'the second session is as it was' ) } );
for my $wrong ( '../wrong', 'deadbeef', 'A' x 32, 'a' x 65 ) {
    isnt( visit( $wrong, sub { $_[0]->set( foo => 'baz' ) } ), $wrong, 'a wrong id is not taken' );
}

visit( $second, sub { $_[1]{'psgix.session'} = { other => 'hash' } } );
visit( $second, sub { is_deeply( $_[0]->dump, { other => 'hash' }, 'another hash in its place' ) } );
visit( $second, sub { $_[0]->set( deep => { list => [1] } ) } );
visit( $second, sub { push @{ $_[0]->get('deep')->{list} }, 2 } );
my $third = visit(
    $second,
    sub {
        is_deeply( $_[0]->get('deep'), { list => [ 1, 2 ] }, 'a change within' );
        $_[0]->options->{change_id} = 1;
    }
);
isnt( $third, $second, 'another id' );
visit( $third,  sub { is_deeply( $_[0]->get('deep'), { list => [ 1, 2 ] }, 'with the content' ) } );
visit( $second, sub { is_deeply( $_[0]->dump,        {},                   'and the former one is worth nothing' ) } );

done_testing;
