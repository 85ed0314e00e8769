<?php

declare(strict_types=1);

namespace MemcachedSoap\Symfony;

use MemcachedSoap\Session\Denied;
use MemcachedSoap\Session\SessionException;
use MemcachedSoap\Session\Unavailable;
use Symfony\Component\EventDispatcher\EventSubscriberInterface;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\Event\ExceptionEvent;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\KernelEvents;
use Symfony\Component\Security\Http\Event\LogoutEvent;

/**
 * Answers with status 503 if the session service does not answer, and with 500 if the
 * session cannot be stored; deletes the session when a firewall logs a user out.
 */
final class SessionListener implements EventSubscriberInterface
{
    /** @param string $cookie the name of the session's cookie */
    public function __construct(private readonly string $cookie = 'sessionid')
    {
    }

    /** @return array<string, string|array{0: string, 1: int}> */
    public static function getSubscribedEvents(): array
    {
        return [
            KernelEvents::REQUEST => ['drop', 256], // before Symfony reads the cookie
            KernelEvents::EXCEPTION => ['answer', 64],
            LogoutEvent::class => 'logout',
        ];
    }

    /** A cookie such as sessionid[]=x is no session. Symfony would fail at it. */
    public function drop(RequestEvent $event): void
    {
        $cookies = $event->getRequest()->cookies;
        if (!is_string($cookies->all()[$this->cookie] ?? '')) {
            $cookies->remove($this->cookie);
        }
    }

    public function answer(ExceptionEvent $event): void
    {
        for ($failure = $event->getThrowable(); $failure !== null; $failure = $failure->getPrevious()) {
            if ($failure instanceof SessionException) {
                error_log("memcachedsoap: {$failure->getMessage()}");
                $text = $failure instanceof Denied ? 'The session could not be read.' : $failure->getMessage();
                $headers = ['Content-Type' => 'text/plain; charset=UTF-8', 'Cache-Control' => 'no-store'];
                if ($failure instanceof Unavailable) {
                    $headers['Retry-After'] = (string) $failure->retryAfter;
                }
                $event->allowCustomResponseCode();
                $event->setResponse(new Response("$text\n", $failure->status(), $headers));
                return;
            }
        }
    }

    public function logout(LogoutEvent $event): void
    {
        $request = $event->getRequest();
        if ($request->hasSession()) {
            $request->getSession()->invalidate();
        }
    }
}
