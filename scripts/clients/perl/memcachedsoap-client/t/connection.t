use strict;
use warnings;

use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::More;

use MemcachedSOAP::Client;

# The body of a request must not wait until the service has confirmed the headers.
my $service = IO::Socket::INET->new( Listen => 1, LocalAddr => '127.0.0.1' ) or die $!;
my $url     = 'http://127.0.0.1:' . $service->sockport . '/soap';
my $pid     = fork // die $!;
if ( $pid == 0 ) {
    my $connection = $service->accept;
    my $length     = 0;
    while ( ( my $line = <$connection> ) =~ /\S/ ) { $length = $1 if $line =~ /^Content-Length: (\d+)/i }
    read( $connection, my $body, $length );
    my $answer = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>';
    print {$connection} "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: ", length $answer, "\r\n\r\n$answer";
    $connection->flush;
    <$service>;
    exit;
}
my $client = MemcachedSOAP::Client->new( url => $url );
my ($status) = $client->_post( 'getSession', '<x/>' );
is( $status, 200, 'an answer' );
my $option = getsockopt $client->{http}{handle}{fh}, IPPROTO_TCP, TCP_NODELAY;
ok( unpack( 'i', $option ), 'what is written is sent at once' );
kill 'TERM', $pid;
waitpid $pid, 0;

done_testing;
