<?php

declare(strict_types=1);

namespace MemcachedSoap\Laravel;

use Illuminate\Auth\RequestGuard;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Support\ServiceProvider;
use MemcachedSoap\Session\Denied;
use MemcachedSoap\Session\SessionException;
use MemcachedSoap\Session\Unavailable;

/**
 * Adds the session driver memcachedsoap and the guard driver memcachedsoap. It leaves the
 * session cookie unencrypted, because other languages read it, and answers with status 503
 * if the service does not answer.
 */
final class SharedSessionServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->extend('session', static fn ($manager, $app) => new SharedSessionManager($app));
        $this->app->resolving(EncryptCookies::class, static function (EncryptCookies $cookies, $app): void {
            if ($app['config']['session.driver'] === SharedSessionManager::DRIVER) {
                $cookies->disableFor($app['config']['session.cookie']);
            }
        });
    }

    public function boot(): void
    {
        $this->app['auth']->extend('memcachedsoap', function (Application $app, string $name, array $config): RequestGuard {
            $users = isset($config['provider']) ? $app['auth']->createUserProvider($config['provider']) : null;
            $guard = new RequestGuard(static fn (Request $request) => SharedUser::of($request, $users), $app['request']);
            $app->refresh('request', $guard, 'setRequest');
            return $guard;
        });
        $this->callAfterResolving(ExceptionHandler::class, static function ($handler): void {
            if (method_exists($handler, 'renderable')) {
                $handler->renderable(self::answer(...));
            }
        });
    }

    private static function answer(SessionException $failure): Response
    {
        $text = $failure instanceof Denied ? 'The session could not be read.' : $failure->getMessage();
        $headers = ['Content-Type' => 'text/plain; charset=UTF-8', 'Cache-Control' => 'no-store'];
        if ($failure instanceof Unavailable) {
            $headers['Retry-After'] = (string) $failure->retryAfter;
        }
        return new Response("$text\n", $failure->status(), $headers);
    }
}
