kubectl --context dev port-forward -n shop svc/web 8080:80 & kubectl port-forward job/once 1:2
